import { describe, expect, it } from 'vitest'
import type { Engine } from '../../src/serving/engine.ts'
import { logitsOf } from '../../src/serving/logits.ts'
import type { Published } from '../../src/serving/slots.ts'
import { digest, engine, INPUTS, network, row, rows } from './engines.ts'

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** what a published state answers for a row, in float64 from its logits on */
function answered({ layers, labels }: Published, x: Float32Array) {
  const logits = [...logitsOf(layers, x, 1)]
  const most = Math.max(...logits)
  const total = logits.reduce((sum, z) => sum + Math.exp(z - most), 0)
  const losses = new Map(logits.map((z, column) => [labels[column], most - z + Math.log(total)]))
  return { answer: labels[logits.indexOf(most)] as string, probability: 1 / total, losses }
}

describe.each([
  ['analytic', () => engine()],
  ['analytic with random features', () => engine({ model: { kind: 'analytic', features: 20, head: 'means' } })],
  ['a network', () => network('ewc', { learningRate: 0.05 })],
] as const)('report of %s', (_, make) => {
  const e: Engine = make()
  const outcomes: { label: string; answer: string; probability: number; loss: number }[] = []
  let firsts = 0
  const batches = Array.from({ length: 40 }, (_, batch) => rows(batch < 20 ? ['a', 'b'] : ['a', 'b', 'c'], 10, batch))
  for (const batch of batches) {
    const published = e.publish()
    batch.labels.forEach((label, at) => {
      if (!published?.labels.includes(label)) firsts++
      else {
        const { losses, ...rest } = answered(published, row(batch, at))
        outcomes.push({ label, ...rest, loss: losses.get(label) as number })
      }
    })
    e.learn(batch.x, batch.labels)
  }
  const report = e.report()
  const of = (label: string) => outcomes.filter((outcome) => outcome.label === label)

  it('counts what was predicted for each row before it was learnt', () => {
    expect(report.sequence).toBe(40)
    expect(report.firsts).toBe(firsts)
    // both classes of the first batch, and one of batch 20
    expect(firsts).toBe(10 + 3)
    expect(report.overall.samples).toBe(outcomes.length)
    expect(report.overall.accuracy).toBeCloseTo(mean(outcomes.map(({ label, answer }) => Number(label === answer))), 6)
    expect(report.overall.logLoss).toBeCloseTo(mean(outcomes.map(({ loss }) => loss)), 4)
    for (const label of ['a', 'b', 'c']) {
      const own = of(label)
      expect(report.classes[label]?.samples).toBe(own.length)
      expect(report.classes[label]?.accuracy).toBeCloseTo(mean(own.map(({ answer }) => Number(answer === label))), 6)
      expect(report.classes[label]?.logLoss).toBeCloseTo(mean(own.map(({ loss }) => loss)), 4)
    }
  })

  it('has learnt something, so that these numbers say something', () => {
    expect(report.overall.accuracy).toBeGreaterThan(0.6)
    expect(report.overall.accuracy).toBeLessThan(1)
  })

  it('its threshold leaves about a share rejectionRate of the rows below', () => {
    const below = outcomes.filter(({ probability }) => probability < report.threshold).length
    expect(below).toBeLessThan(0.05 * outcomes.length)
    expect(report.threshold).toBeGreaterThan(0.2)
  })

  it('says exactly what a probe set says', () => {
    const probe = rows(['c', 'a', 'b'], 90, 99)
    const { accuracy, loss, count } = e.report(probe).probe as NonNullable<typeof report.probe>
    const published = e.publish() as Published
    const found = probe.labels.map((label, at) => ({ label, ...answered(published, row(probe, at)) }))
    expect(count).toBe(90)
    expect(accuracy).toBeCloseTo(mean(found.map(({ label, answer }) => Number(answer === label))), 10)
    expect(loss).toBeCloseTo(mean(found.map(({ label, losses }) => losses.get(label) as number)), 5)
  })

  it('asking changes nothing', () => {
    const before = digest(e)
    e.report(rows(['a'], 5, 7))
    e.report()
    expect(digest(e)).toBe(before)
  })

  it('drift rises when rows move', () => {
    const moved = rows(['a', 'b', 'c'], 300, 5)
    e.learn(
      moved.x.map((value) => value + 2),
      moved.labels,
    )
    const { distance } = e.report().drift
    expect(report.drift.distance).toBeLessThan(0.1)
    expect(distance).toBeGreaterThan(0.3)
  })
})

describe('report', () => {
  it('of nothing has no number that would need rows', () => {
    const none = { samples: 0, accuracy: null, logLoss: null, calibrationError: null }
    expect(engine().report()).toEqual({
      sequence: 0,
      overall: none,
      classes: {},
      firsts: 0,
      temperature: 1,
      threshold: 0,
      estimatedRise: null,
      probe: null,
      drift: { distance: 0, expected: 0, recentAccuracy: null },
      bytes: 0,
    })
  })

  it.each(['ridge', 'means'] as const)('of rows that are all 0 answers by the classes shares (%s)', (head) => {
    const e = engine({ model: { kind: 'analytic', head } })
    e.learn(new Float32Array(3 * INPUTS), ['a', 'b', 'b'])
    const published = e.publish() as Published
    expect(answered(published, new Float32Array(INPUTS)).answer).toBe('b')
    const { x, labels } = rows(['a', 'b'], 60)
    e.learn(x, labels)
    expect(e.report({ x, labels }).probe?.accuracy).toBeGreaterThan(0.7)
  })
})
