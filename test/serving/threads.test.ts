import { beforeAll, expect, it } from 'vitest'
import { node } from '../docs/pages.ts'

// biome-ignore lint/suspicious/noExplicitAny: what threads.mjs tells
let told: any

// that it returns at all says that a classifier with nothing to do keeps no process
beforeAll(() => {
  told = JSON.parse(node('test/serving/threads.mjs'))
}, 120_000)

it('a signal withdraws a call that waits, for its reason, and none that has begun', () => {
  const [begun, waiting, aborted] = told.withdrawn
  expect(begun).toEqual({ sequence: 1, learnt: true })
  expect([waiting, aborted]).toEqual(['not wanted any more', 'from the start'])
  expect([told.sequence, told.labels]).toEqual([1, ['a']])
})

it('one call more than maxPending is refused with OVERLOADED, and the next is not', () => {
  expect(told.pending).toBe(2)
  expect(told.refused).toEqual(['OVERLOADED', 'OVERLOADED'])
  expect(told.accepted).toBe(2)
  expect(told.afterwards).toEqual({ sequence: 3, learnt: true })
})

it('when the thread ends, all that waited and all that comes fail with WORKER_DIED', () => {
  expect(told.died).toEqual(new Array(5).fill('WORKER_DIED'))
  expect(told.dead).toEqual(new Array(5).fill('WORKER_DIED'))
})

it('what a dead thread published last stands', () => {
  const [after, before, sequence, labels] = told.stands
  expect(after).toEqual(before)
  expect([sequence, labels]).toEqual([1, ['a', 'b']])
})
