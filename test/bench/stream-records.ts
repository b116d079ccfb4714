import type { RunRecord } from '../../bench/streams/run.ts'

/** A run of two tasks of the article's stream, unless told otherwise. */
export const record = (more: Partial<RunRecord> = {}): RunRecord => ({
  protocol: 'article',
  scenario: 'domain',
  method: 'none',
  settings: {},
  seed: 1,
  part: 'all',
  share: 1,
  accuracy: [[0.9], [0.5, 0.8]],
  before: [0.25],
  untrained: [0.1, 0.125],
  seconds: 3,
  stateBytes: 0,
  storesSamples: false,
  weights: '0'.repeat(64),
  ...more,
})

/** one row, of both tasks */
export const joint = (more: Partial<RunRecord> = {}): RunRecord =>
  record({ method: 'joint', accuracy: [[0.97, 0.85]], before: [], untrained: [], storesSamples: true, ...more })
