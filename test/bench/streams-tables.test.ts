import { describe, expect, it } from 'vitest'
import { bestOf, figuresOf, jointOf, rowsOf, tunedOn } from '../../bench/streams/figures.ts'
import { measuresOf } from '../../bench/streams/measures.ts'
import { chosen } from '../../bench/streams/settings.ts'
import { streamTable } from '../../bench/streams/tables.ts'
import { targetsOf } from '../../bench/streams/targets.ts'
import { joint, record } from './stream-records.ts'

const three = [[0.9], [0.6, 0.8], [0.7, 0.5, 0.95]] as const

describe('measures', () => {
  it('of a run are those of its matrix', () => {
    const found = measuresOf(record({ accuracy: three, before: [0.2, 0.4], untrained: [0.9, 0.1, 0.2] }))
    expect(found.acc).toBeCloseTo((0.7 + 0.5 + 0.95) / 3, 12)
    expect(found.bwt).toBeCloseTo((0.7 - 0.9 + (0.5 - 0.8)) / 2, 12)
    expect(found.forgetting).toBeCloseTo((0.9 - 0.7 + (0.8 - 0.5)) / 2, 12)
    expect(found['learning-accuracy']).toBeCloseTo((0.9 + 0.8 + 0.95) / 3, 12)
    expect(found.fwt).toBeCloseTo((0.2 - 0.1 + (0.4 - 0.2)) / 2, 12)
  })

  it('are the average alone where only the end was judged, and no forward transfer where the task must be known', () => {
    const nothing = { bwt: null, forgetting: null, 'learning-accuracy': null, fwt: null }
    expect(measuresOf(joint())).toEqual({ acc: (0.97 + 0.85) / 2, ...nothing })
    expect(measuresOf(record({ before: [], untrained: [] })).fwt).toBeNull()
  })
})

describe('rows', () => {
  it('are the seeds of a method with the same settings, however ordered, in the order of the methods', () => {
    const ewc = { method: 'ewc', stateBytes: 8 } as const
    const rows = rowsOf([
      record({ ...ewc, settings: { lambda: 3, floor: 1 }, seed: 2 }),
      record({ ...ewc, settings: { lambda: 4, floor: 1 } }),
      record({ ...ewc, settings: { floor: 1, lambda: 3 }, seed: 1 }),
      record(),
    ])
    expect(rows.map(({ method, runs }) => [method, runs.map(({ seed }) => seed)])).toEqual([
      ['none', [1]],
      ['ewc', [1, 2]],
      ['ewc', [1]],
    ])
  })

  it('say what their settings were tuned on, and when they are others', () => {
    const [choice] = [chosen('article', 'domain', 'ewc')]
    const of = (settings: object) => tunedOn(rowsOf([record({ method: 'ewc', settings })])[0] as never)
    expect(of({ ...choice.settings })).toBe(choice.tunedOn)
    expect(of({ ...choice.settings, lambda: 12345 })).toBe('given')
    expect(tunedOn(rowsOf([record()])[0] as never)).toBe('nothing')
  })

  it('have a label of their own where test images had been seen, or where they stand beside the first choice', () => {
    const of = (method: 'ewc-online' | 'si', settings: object) =>
      tunedOn(rowsOf([record({ protocol: 'kutalev', method, settings })])[0] as never)
    expect(of('si', { lambda: 1 })).toBe('test-seen')
    expect(of('si', { lambda: 10 })).toBe('given')
    expect(of('ewc-online', { lambda: 30, samples: 5000 })).toBe('all-tasks')
    expect(of('ewc-online', { lambda: 30, samples: 5000, average: 1 })).toBe('all-tasks')
  })

  it('are no candidates when their settings are given, or had seen test images, unless no test image judges them', () => {
    const at = (settings: object, value: number, more: object = {}) =>
      record({
        ...{ protocol: 'kutalev', method: 'ewc-online', settings, accuracy: [[0.9], [value, value]] },
        ...more,
      })
    const settings = {
      seen: { lambda: 1 },
      blind: { lambda: 30, samples: 5000 },
      given: { lambda: 2 },
    }
    const rows = rowsOf([at(settings.seen, 0.95, { method: 'si' }), at(settings.given, 0.97), at(settings.blind, 0.92)])
    expect(bestOf(rows)?.settings).toEqual(settings.blind)
    expect(bestOf(rows.filter((row) => row.settings !== settings.blind))?.settings).not.toEqual(settings.seen)
    const heldOut = rowsOf([
      at(settings.given, 0.97, { part: 'held-out' }),
      at(settings.blind, 0.92, { part: 'held-out' }),
    ])
    expect(bestOf(heldOut)?.settings).toEqual(settings.given)
  })

  it('are best by their average, of those that keep no sample', () => {
    const rows = rowsOf([
      record(),
      joint(),
      record({ method: 'replay', storesSamples: true, accuracy: [[0.9], [0.9, 0.9]] }),
      record({ method: 'lwf', settings: chosen('article', 'domain', 'lwf').settings, accuracy: [[0.9], [0.7, 0.8]] }),
    ])
    expect(bestOf(rows)?.method).toBe('lwf')
    expect(bestOf([])).toBeUndefined()
  })
})

const tunedEwc = { ...chosen('article', 'domain', 'ewc').settings }

describe('figures', () => {
  const ewc = (seed: number, first: number) =>
    record({
      method: 'ewc',
      settings: tunedEwc,
      seed,
      accuracy: [[0.96], [first, 0.84]],
      seconds: 4 + seed,
      stateBytes: 80,
    })
  const figures = figuresOf(rowsOf([ewc(1, 0.9), ewc(2, 0.94), record(), joint()]))
  const figure = (name: string) => figures.find((one) => one.name === `mnist-fashion/article/domain/${name}`)

  it('have mean, deviation, cost, settings and the target that was asked for', () => {
    const { diagonal } = targetsOf('article', 'domain')
    expect(figure('ewc/acc')).toEqual({
      name: 'mnist-fashion/article/domain/ewc/acc',
      value: expect.closeTo(0.88, 12),
      unit: 'accuracy',
      n: 2,
      std: expect.closeTo(0.02 / Math.SQRT2, 12),
      better: 'higher',
      target: diagonal?.required,
      params: {
        settings: tunedEwc,
        tunedOn: 'all-tasks',
        seconds: 5.5,
        stateBytes: 80,
        storesSamples: false,
        stretch: diagonal?.stretch,
      },
    })
    expect(figure('ewc/forgetting')).toMatchObject({ value: expect.closeTo(0.04, 12), better: 'lower' })
    for (const what of ['bwt', 'learning-accuracy', 'fwt']) expect(figure(`ewc/${what}`)?.better).toBe('higher')
    expect(figure('ewc/bwt')?.target).toBeUndefined()
  })

  it('have the best that keeps no sample once more, and of joint training the average alone', () => {
    expect(figure('best/acc')).toMatchObject({
      value: figure('ewc/acc')?.value,
      target: targetsOf('article', 'domain').best?.required,
      params: { method: 'ewc' },
    })
    expect(figures.filter(({ name }) => name.includes('/joint/')).map(({ name }) => name.split('/').at(-1))).toEqual([
      'acc',
    ])
    expect(figure('joint/acc')?.target).toBeUndefined()
  })

  it.each([{ part: 'held-out' }, { part: 'quick' }, { share: 0.1 }] as const)('ask nothing of %j', (less) => {
    const all = figuresOf(rowsOf([record({ method: 'ewc', ...less }), record(less)]))
    expect(all.length).toBeGreaterThan(4)
    for (const { target } of all) expect(target).toBeUndefined()
    expect(all.map(({ name }) => name).join()).not.toContain('best')
  })
})

describe('the table of a stream', () => {
  const ewc = (seed: number, first: number) =>
    record({
      method: 'ewc',
      settings: tunedEwc,
      seed,
      accuracy: [[0.96], [first, 0.84]],
      seconds: 75,
      stateBytes: 636_080,
    })
  const rows = rowsOf([
    record(),
    joint(),
    ewc(1, 0.9),
    ewc(2, 0.94),
    record({ method: 'replay', stateBytes: 793_000, storesSamples: true }),
  ])
  const text = streamTable('article', rows)
  const line = (start: string) => text.split('\n').find((one) => one.startsWith(`│ ${start}`)) ?? ''

  it('fits 120 columns', () => {
    for (const one of text.split('\n')) expect(one.length, one).toBeLessThanOrEqual(120)
  })

  it('has a row a method, with its measures and costs', () => {
    expect(line('ewc:')).toMatch(/│ +2 │ \.8800 ± \.0141 +│ █+░ │ −\.0400 │ +\.0400 │ +75 s │ +636 KB │/)
    expect(line('none')).toMatch(/│ +1 │ \.6500 +│ █{5}░{3} │ −\.4000 │ +\.4000 │ +3\.0 s │ +nothing │ nothing/)
    expect(line('joint')).toMatch(/\.9100 .* all samples/)
    expect(line('replay')).toContain('793 KB samples')
    expect(text).toContain('│ ewc: lambda 100,    │')
    expect(text).toContain('│ floor 1, floor      │')
  })

  it('has what others printed under the same columns, and the sentences that follow', () => {
    expect(text).toMatch(/\n│ published .*\n│ none .*│ \.6147 .*the article.*\n(│ .*\n)?│ EWC .*│ \.7671/)
    expect(text).toContain(
      'The best that keeps no sample, ewc, is .0300 below joint training, whose rate was not tuned (one seed).',
    )
    expect(text).toContain('Target for diagonal EWC: at least .8920 (stretch .8970); ewc has .8800: missed.')
    expect(text).toContain('Target for the best that keeps no sample: at least .9050')
  })

  it('says where it was not judged by test images, or not trained in full', () => {
    const of = (less: object) => streamTable('article', rowsOf([record(less)]))
    expect(of({ part: 'held-out' })).toContain('Judged by held-out training images')
    expect(of({ part: 'quick' })).toContain('These accuracies say nothing about the methods')
    expect(of({ share: 0.1 })).toContain("With 0.1 of the protocol's budget")
    for (const less of [{ part: 'held-out' }, { share: 0.1 }]) expect(of(less)).not.toContain('Target')
  })

  it('says which images it was judged by', () => {
    const title = (part: 'all' | 'held-out' | 'quick') =>
      streamTable('article', rowsOf([record({ part })])).split('\n')[0]
    expect(title('all')).toContain('average accuracy on test images')
    expect(title('held-out')).toContain('average accuracy on held-out training images')
    expect(title('held-out')).not.toContain('test')
    expect(title('quick')).toContain('average accuracy on a tenth of the test images')
  })

  it('says met, and stretch met where the mean is above it by its standard error', () => {
    const said = (...values: number[]) => {
      const runs = values.map((value, index) =>
        record({ method: 'ewc', settings: tunedEwc, seed: index + 1, accuracy: [[0.96], [value, value]] }),
      )
      return streamTable('article', rowsOf(runs)).match(/diagonal EWC: .*: (.*)\./)?.[1]
    }
    expect([0.891, 0.892, 0.897].map((value) => said(value))).toEqual(['missed', 'met', 'met, stretch by one seed'])
    // the deviation is .002 sqrt 2, the standard error .002
    expect(said(0.8968, 0.9008)).toBe('met, stretch within the spread')
    expect(said(0.8972, 0.9012)).toBe('met, stretch met')
    expect(said(0.8872, 0.8912)).toBe('missed')
  })

  it('calls a difference to joint training none when seeds differ as much, whichever joint is better', () => {
    const of = (gap: number) => {
      const runs = [1, 2].flatMap((seed) => {
        const luck = seed === 1 ? 0.001 : -0.001
        const value = 0.9 + luck + gap
        return [
          joint({ seed, accuracy: [[0.9 + luck, 0.9 + luck]], settings: {} }),
          record({ method: 'ewc', settings: tunedEwc, seed, accuracy: [[0.96], [value, value]] }),
        ]
      })
      return streamTable('article', rowsOf(runs))
    }
    // each deviates by .001 sqrt 2, their difference by .002
    expect(of(0.0019)).toContain('ewc, and joint training differ no more than two seeds do: .0019 above, ± .0020.')
    expect(of(-0.0019)).toContain('ewc, and joint training differ no more than two seeds do: .0019 below, ± .0020.')
    expect(of(0.0021)).toContain('ewc, is .0021 above joint training, whose rate was not tuned.')
    expect(of(-0.0021)).toContain('ewc, is .0021 below joint training')
    const tuned = chosen('article', 'domain', 'joint').settings
    expect(streamTable('article', rowsOf([joint({ settings: tuned }), record()]))).toContain(
      'which sees all tasks at once',
    )
    const better = { rate: 1, schedule: 'constant' } as const
    const two = rowsOf([joint(), joint({ accuracy: [[0.99, 0.99]], settings: better })])
    expect(jointOf(two)?.settings).toEqual({})
  })
})
