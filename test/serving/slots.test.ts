import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { type Layout, layoutOf, SlotReader, SlotWriter, sameLayout } from '../../src/serving/slots.ts'
import { engine, row, rows } from './engines.ts'

const UNITS = 4096
const STATES = 3000
const slots = new URL('../../dist/src/serving/slots.js', import.meta.url).href
const layout: Layout = {
  inputs: 1,
  labels: ['yes', 'no'],
  lengths: [
    [UNITS, UNITS],
    [2 * UNITS, 2],
  ],
}

describe('slots', () => {
  it('a reader beside a writer in another thread never sees a state that is half another, nor an older one', async () => {
    const worker = new Worker(fileURLToPath(new URL('./slots.worker.mjs', import.meta.url)), {
      workerData: { slots, layout, states: STATES, units: UNITS },
    })
    const [memory] = (await once(worker, 'message')) as [SharedArrayBuffer]
    const reader = new SlotReader(memory, layout)
    const one = Float32Array.of(1)
    const seen = new Map<string, number>()
    let [last, reads, steps] = [0, 0, 0]
    while (last < STATES) {
      const before = reader.sequence
      const [answer] = reader.predict(one)
      const { label, probability, known } = answer as NonNullable<typeof answer>
      const what = `${label} ${probability.toFixed(6)} ${known}`
      seen.set(what, (seen.get(what) ?? 0) + 1)
      if (before < last) steps = -Infinity
      else if (before > last) steps++
      last = before
      reads++
    }
    await worker.terminate()
    // softmax of [1, 0] above .7, and of [3, 0] below .99: any mixture is something else
    expect([...seen.keys()].sort()).toEqual(['yes 0.731059 true', 'yes 0.952574 false'])
    expect(steps).toBeGreaterThan(10)
    expect(reads).toBeGreaterThan(steps)
  })

  it('hold what was published, and its layout changes when a class comes', () => {
    const e = engine()
    const [first, second] = [rows(['a', 'b'], 40), rows(['a', 'b', 'c'], 40)]
    const published = (parts: typeof first) => {
      e.learn(parts.x, parts.labels)
      const state = e.publish() as NonNullable<ReturnType<typeof e.publish>>
      const writer = new SlotWriter(layoutOf(6, state))
      writer.write(state)
      return { state, writer, reader: new SlotReader(writer.memory, writer.layout) }
    }
    const before = published(first)
    const after = published(second)
    expect(sameLayout(before.writer.layout, after.writer.layout)).toBe(false)
    expect(before.reader.layout.labels).toEqual(['a', 'b'])
    expect(after.reader.layout.labels).toEqual(['a', 'b', 'c'])
    expect([before.reader.sequence, after.reader.sequence]).toEqual([1, 2])
    // and the old reader answers on by what it had
    const answers = new Set(second.labels.map((_, at) => before.reader.predict(row(second, at))[0]?.label))
    expect([...answers].sort()).toEqual(['a', 'b'])
    expect(sameLayout(after.writer.layout, published(second).writer.layout)).toBe(true)
  })
})
