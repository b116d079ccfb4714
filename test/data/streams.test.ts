import { describe, expect, it } from 'vitest'
import { type LabelledSet, labelledSet, setFromIdx } from '../../src/data/index.ts'
import { permuted, rotated, type Stream, split, streamOf, trainingUnion } from '../../src/data/streams.ts'
import { Random } from '../../src/tensor/random.ts'
import { refusal } from '../refusal.ts'

/** a sample's features as written, labels 0, 1, ..., classes - 1, 0, ... */
const make = (name: string, samples: readonly (readonly number[])[], classes: number): LabelledSet =>
  labelledSet({
    name,
    inputs: Uint8Array.from(samples.flat()),
    labels: Uint8Array.from(samples.keys(), (row) => row % classes),
    features: samples[0]!.length,
    classes,
  })

const pair = (train: readonly (readonly number[])[], classes: number, test = train.slice(0, classes)) => ({
  train: make('toy/train', train, classes),
  test: make('toy/test', test, classes),
})

const samplesOf = ({ inputs, features, count }: LabelledSet): number[][] =>
  Array.from({ length: count }, (_, row) => [...inputs.subarray(row * features, (row + 1) * features)])

/** the sets of a stream are shared memory, of the sizes that their task says, and new each time */
function checkTasks(stream: Stream): void {
  for (const { train, test, ...task } of stream) {
    for (const make of [train, test]) {
      const { inputs, features, classes } = make()
      expect({ features, classes }).toEqual({ features: task.features, classes: task.classes })
      expect(inputs.buffer).toBeInstanceOf(SharedArrayBuffer)
      expect(make()).toEqual(make())
      expect(make().inputs.buffer).not.toBe(inputs.buffer)
    }
    expect(train().count).toBe(task.count)
  }
}

describe('split', () => {
  const sets = pair(
    Array.from({ length: 9 }, (_, row) => [row, 10 + row]),
    6,
  )

  it('gives consecutive classes, numbered within the task', () => {
    const stream = split(sets, 3, { labels: 'within' })
    checkTasks(stream)
    expect(stream.map(({ name }) => name)).toEqual([
      'toy, classes 0 to 1',
      'toy, classes 2 to 3',
      'toy, classes 4 to 5',
    ])
    expect(stream.map(({ classes, count }) => [classes, count])).toEqual([
      [2, 4],
      [2, 3],
      [2, 2],
    ])
    const [first, second] = [stream[0]!.train(), stream[1]!.train()]
    expect(first.name).toBe('toy/train, classes 0 to 1')
    expect([...first.labels]).toEqual([0, 1, 0, 1])
    expect(samplesOf(first)).toEqual([
      [0, 10],
      [1, 11],
      [6, 16],
      [7, 17],
    ])
    expect([...second.labels]).toEqual([0, 1, 0])
    expect(samplesOf(second)).toEqual([
      [2, 12],
      [3, 13],
      [8, 18],
    ])
    expect(samplesOf(stream[2]!.test())).toEqual([
      [4, 14],
      [5, 15],
    ])
  })

  it('keeps the numbers of the whole set, with all its classes or with those seen', () => {
    for (const [labels, classes] of [
      ['global', [6, 6]],
      ['seen', [3, 6]],
    ] as const) {
      const stream = split(sets, 2, { labels })
      checkTasks(stream)
      expect(stream.map((task) => task.classes)).toEqual(classes)
      expect([...stream[1]!.train().labels]).toEqual([3, 4, 5])
      expect([...stream[1]!.test().labels]).toEqual([3, 4, 5])
    }
  })

  it('refuses what does not divide, and a task without a sample', () => {
    for (const tasks of [0, 4, 1.5, 7, Number.NaN])
      refusal('INVALID_ARGUMENT', () => split(sets, tasks, { labels: 'within' }))
    refusal('INVALID_ARGUMENT', () => split(sets, 2, { labels: 'own' as 'within' }))
    const short = { ...sets, test: make('toy/test', [[0, 0]], 6) }
    expect(refusal('EMPTY_SET', () => split(short, 2, { labels: 'within' })).message).toContain('toy/test')
    refusal('INVALID_ARGUMENT', () => split({ ...sets, test: make('toy/test', [[0, 0]], 5) }, 1, { labels: 'within' }))
  })
})

describe('permuted', () => {
  // the number of a feature, in two bytes
  const numbered = (features: number) =>
    pair(
      [
        Array.from({ length: features }, (_, j) => (j + 1) & 255),
        Array.from({ length: features }, (_, j) => (j + 1) >> 8),
      ],
      2,
    )
  const orderOf = (set: LabelledSet): number[] => {
    const [low, high] = samplesOf(set) as [number[], number[]]
    return low.map((byte, j) => byte + 256 * high[j]! - 1)
  }

  it('makes each task a bijection, of the generator that its seed and number name', () => {
    const sets = numbered(784)
    const stream = permuted(sets, { tasks: 5, seed: 3 })
    checkTasks(stream)
    const orders = stream.map((task) => orderOf(task.train()))
    for (const [task, order] of orders.entries()) {
      expect(order.toSorted((a, b) => a - b)).toEqual([...Array(784).keys()])
      const identity = Uint32Array.from({ length: 784 }, (_, j) => j)
      expect(order).toEqual([...Random.from(3, `permutation ${task}`).shuffle(identity)])
      expect(orderOf(stream[task]!.test())).toEqual(order)
      expect([...stream[task]!.train().labels]).toEqual([0, 1])
    }
    expect(new Set(orders.map(String)).size).toBe(5)
    expect(orderOf(permuted(sets, { tasks: 2, seed: 3 })[1]!.train())).toEqual(orders[1])
    expect(orderOf(permuted(sets, { tasks: 2, seed: 4 })[1]!.train())).not.toEqual(orders[1])
  })

  it('leaves the first task plain when asked, and no other', () => {
    const stream = permuted(numbered(784), { tasks: 2, seed: 0, firstPlain: true })
    checkTasks(stream)
    expect(orderOf(stream[0]!.train())).toEqual([...Array(784).keys()])
    expect(orderOf(stream[1]!.train())).toEqual(orderOf(permuted(numbered(784), { tasks: 2, seed: 0 })[1]!.train()))
    expect(stream.map(({ name }) => name)).toEqual(['toy, plain', 'toy, permutation 1'])
  })

  it('puts zeros around the images before it permutes', () => {
    const stream = permuted(numbered(784), { tasks: 2, seed: 1, padTo: 1024, firstPlain: true })
    checkTasks(stream)
    const plain = orderOf(stream[0]!.train())
    const expected = (row: number, column: number) =>
      row < 2 || column < 2 || row >= 30 || column >= 30 ? -1 : (row - 2) * 28 + column - 2
    expect(plain).toEqual(Array.from({ length: 1024 }, (_, j) => expected(Math.floor(j / 32), j % 32)))
    expect([plain[2 * 32 + 2], plain[29 * 32 + 29], plain[31]]).toEqual([0, 783, -1])
    const order = Random.from(1, 'permutation 1').shuffle(Uint32Array.from({ length: 1024 }, (_, j) => j))
    expect(orderOf(stream[1]!.train())).toEqual(Array.from(order, (at) => plain[at]))
  })

  it('refuses what it cannot do', () => {
    const sets = numbered(16)
    for (const wrong of [{ tasks: 0 }, { tasks: 1.5 }, { seed: -1 }, { padTo: 9 }, { padTo: 25 }, { padTo: 40 }])
      refusal('INVALID_ARGUMENT', () => permuted(sets, { tasks: 1, seed: 0, ...wrong }))
    expect(permuted(numbered(15), { tasks: 1, seed: 0 })).toHaveLength(1)
    refusal('INVALID_ARGUMENT', () => permuted(numbered(15), { tasks: 1, seed: 0, padTo: 16 }))
  })

  it('makes a set when it is asked for, and no other', () => {
    const sets = numbered(4)
    const asked: string[] = []
    const watched = (set: LabelledSet): LabelledSet =>
      new Proxy(set, {
        get(target, key, receiver) {
          if (key === 'inputs') asked.push(set.name)
          return Reflect.get(target, key, receiver)
        },
      })
    const stream = permuted({ train: watched(sets.train), test: watched(sets.test) }, { tasks: 50, seed: 0 })
    expect(asked).toEqual([])
    stream[49]!.test()
    expect(new Set(asked)).toEqual(new Set(['toy/test']))
  })
})

describe('rotated', () => {
  const image = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  const sets = pair([image], 1)
  const turned = (angle: number, side3 = sets) => samplesOf(rotated(side3, { angles: [angle] })[0]!.train())[0]

  it('turns by quarters exactly, counterclockwise', () => {
    checkTasks(rotated(sets, { angles: [0, 30] }))
    for (const whole of [0, 360, -720]) expect(turned(whole)).toEqual(image)
    for (const left of [90, 450, -270]) expect(turned(left)).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7])
    expect(turned(180)).toEqual(image.toReversed())
    for (const right of [270, -90]) expect(turned(right)).toEqual([7, 4, 1, 8, 5, 2, 9, 6, 3])
    const even = pair([[1, 2, 3, 4]], 1)
    expect(turned(90, even)).toEqual([2, 4, 1, 3])
  })

  it('weighs the four pixels around, and takes zeros from outside', () => {
    const bright = pair([[200, 0, 0, 0, 100, 0, 0, 0, 0]], 1)
    // at 45 degrees the middle of the left side came from sqrt(1/2) of the way from the centre to the corner
    const near = Math.SQRT1_2
    const beside = (1 - near) ** 2 * 100
    expect([near ** 2 * 200 + beside, beside].map(Math.round)).toEqual([109, 9])
    expect(turned(45, bright)).toEqual([0, 9, 0, 109, 100, 9, 0, 9, 0])
  })

  it('agrees with its definition at any angle', () => {
    const random = Random.from(1)
    const set = pair([Array.from({ length: 49 }, () => random.below(256))], 1)
    for (const angle of [1, 17, 44.9, 45, 45.1, 89, 133, 217, -30, 1000]) {
      const expected = turnedOracle(set.train, angle)
      turned(angle, set)!.forEach((value, index) => {
        expect(Math.abs(value - expected[index]!), `${angle} degrees, pixel ${index}`).toBeLessThan(0.5 + 1e-6)
      })
    }
  })

  it('refuses what is no square and no angle', () => {
    refusal('INVALID_ARGUMENT', () => rotated(pair([[1, 2]], 1), { angles: [0] }))
    refusal('INVALID_ARGUMENT', () => rotated(sets, { angles: [] }))
    for (const angle of [Number.NaN, Infinity]) refusal('INVALID_ARGUMENT', () => rotated(sets, { angles: [0, angle] }))
  })
})

/** the image as a function of the plane that falls off linearly around each pixel, at the point that a pixel came from */
function turnedOracle({ inputs, features }: LabelledSet, angle: number): number[] {
  const side = Math.sqrt(features)
  const radians = (angle / 180) * Math.PI
  const at = (x: number, y: number) => [x - (side - 1) / 2, (side - 1) / 2 - y] as const
  const hat = (distance: number) => Math.max(0, 1 - Math.abs(distance))
  return Array.from({ length: features }, (_, index) => {
    const [x, y] = at(index % side, Math.floor(index / side))
    const [u, v] = [Math.cos(radians) * x + Math.sin(radians) * y, -Math.sin(radians) * x + Math.cos(radians) * y]
    return Array.from(inputs).reduce((sum, value, pixel) => {
      const [p, q] = at(pixel % side, Math.floor(pixel / side))
      return sum + value * hat(u - p) * hat(v - q)
    }, 0)
  })
}

describe('streamOf', () => {
  const [a, b] = [
    pair([[1, 2]], 1),
    pair(
      [
        [3, 4],
        [5, 6],
      ],
      2,
    ),
  ]

  it('hands out the sets themselves', () => {
    const stream = streamOf([a, b])
    expect(stream.map(({ name, features, classes, count }) => [name, features, classes, count])).toEqual([
      ['toy', 2, 1, 1],
      ['toy', 2, 2, 2],
    ])
    expect([stream[0]!.train(), stream[1]!.test()]).toEqual([a.train, b.test])
    expect(stream[1]!.train()).toBe(b.train)
  })

  it("takes sets of the user's own files", () => {
    const idx = (...dimensions: number[]) => ({ dimensions, data: new Uint8Array(6).fill(1), sha256: '' })
    const images = { dimensions: [2, 1, 3], data: new Uint8Array(6).fill(7), sha256: '' }
    const labels = { ...idx(2), data: Uint8Array.of(1, 0) }
    const set = (name: string) => setFromIdx({ name, images, labels, classes: 2 })
    const [task] = streamOf([{ train: set('mine/train'), test: set('mine/test') }])
    expect([task!.name, task!.features, task!.train().inputs[5]]).toEqual(['mine', 3, 7])
  })

  it('refuses an empty list and features that differ', () => {
    refusal('INVALID_ARGUMENT', () => streamOf([]))
    refusal('INVALID_ARGUMENT', () => streamOf([a, pair([[1]], 1)]))
    refusal('INVALID_ARGUMENT', () => streamOf([{ train: a.train, test: make('other', [[1]], 1) }]))
  })
})

describe('trainingUnion', () => {
  it('has all training samples in order, in shared memory', () => {
    const sets = pair(
      Array.from({ length: 8 }, (_, row) => [row]),
      4,
    )
    const whole = trainingUnion(split(sets, 2, { labels: 'seen' }))
    expect(whole).toMatchObject({ name: 'toy, classes 0 to 1 + toy, classes 2 to 3', count: 8, classes: 4 })
    expect([...whole.inputs]).toEqual([0, 1, 4, 5, 2, 3, 6, 7])
    expect([...whole.labels]).toEqual([0, 1, 0, 1, 2, 3, 2, 3])
    expect(whole.inputs.buffer).toBeInstanceOf(SharedArrayBuffer)
  })

  it('refuses a stream without a task, and tasks of different features', () => {
    refusal('INVALID_ARGUMENT', () => trainingUnion([]))
    const [one, other] = [streamOf([pair([[1]], 1)]), streamOf([pair([[1, 2]], 1)])]
    refusal('INVALID_ARGUMENT', () => trainingUnion([...one, ...other]))
  })
})
