import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadFashionMnist, loadMnist, type TrainAndTest } from '../../src/data/load.ts'
import { rowsOf, Service } from './service.ts'

const running: Service[] = []
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-service-'))
})
afterEach(async () => {
  for (const service of running.splice(0)) await service.end('SIGKILL')
  rmSync(folder, { recursive: true })
})

async function start(...args: string[]): Promise<Service> {
  const service = await Service.start(join(folder, 'state.safetensors'), ...args)
  running.push(service)
  return service
}

const BATCH = 100

/** learns rows of a set, one batch after the other; the last must be durable */
async function teach(service: Service, { train }: TrainAndTest, rows: number, nameOf: (label: number) => string) {
  for (let from = 0; from < rows; from += BATCH) {
    const x = rowsOf(train, from, from + BATCH)
    const labels = Array.from(train.labels.subarray(from, from + BATCH), nameOf)
    const durable = from + BATCH >= rows
    const { status, body } = await service.post(`/learn?durable=${durable}`, { x, labels, id: `${train.name} ${from}` })
    expect([status, body.learnt], JSON.stringify(body)).toEqual([200, true])
    if (durable) expect(body.durable).toBeGreaterThanOrEqual(body.sequence)
  }
}

interface Told {
  readonly label: string
  readonly probability: number
}

/** what it answers to the first images of the test set, and how many of them are right */
async function examine(service: Service, { test }: TrainAndTest, nameOf: (label: number) => string) {
  const answers: Told[] = []
  for (let from = 0; from < 500; from += BATCH)
    answers.push(...(await service.post('/predict', { x: rowsOf(test, from, from + BATCH) })).body.answers)
  const right = answers.filter(({ label }, row) => label === nameOf(test.labels[row] as number)).length
  return { answers, accuracy: right / answers.length }
}

const digit = (label: number) => `digit ${label}`
const garment = (label: number) => `garment ${label}`

it('learns digits over HTTP, then garments, is killed, starts again and knows both', async () => {
  const [mnist, fashion] = [await loadMnist(), await loadFashionMnist()]
  const options = ['--inputs', '784', '--encoder', 'pixels/1', '--features', '500']
  const service = await start(...options)
  await teach(service, mnist, 2000, digit)
  expect((await service.post('/consolidate', {})).status).toBe(200)
  await teach(service, fashion, 2000, garment)
  const [digits, garments] = [await examine(service, mnist, digit), await examine(service, fashion, garment)]
  // 500 random features and a ridge head of 20 classes, on 2,000 images of each set, came to .844 and .814
  expect(digits.accuracy).toBeGreaterThan(0.8)
  expect(garments.accuracy).toBeGreaterThan(0.77)

  expect(await service.end('SIGKILL')).toBe('SIGKILL')
  const again = await start(...options)
  expect(await examine(again, mnist, digit)).toEqual(digits)
  expect(await examine(again, fashion, garment)).toEqual(garments)
  const repeated = await again.post('/learn', {
    x: rowsOf(fashion.train, 0, 1),
    labels: ['garment 0'],
    id: 'fashion-mnist/train 0',
  })
  expect(repeated.body).toMatchObject({ learnt: false, sequence: 41, durable: 41 })

  const metrics = (await again.get('/metrics')).text
  for (const line of ['palimpsest_sequence 41', 'palimpsest_durable_sequence 41', 'palimpsest_classes 20'])
    expect(metrics.split('\n')).toContain(line)
  const gaugeOf = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(metrics)?.[1])
  expect(gaugeOf('palimpsest_accuracy')).toBeGreaterThan(0.6)
  expect(gaugeOf('palimpsest_calibration_error')).toBeLessThan(0.2)
  expect(gaugeOf('palimpsest_drift')).toBeGreaterThan(0)
  expect(gaugeOf('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0)
  expect(metrics).toMatch(/palimpsest_request_seconds_bucket\{le="0.01",route="\/predict"\} \d/)

  expect(await again.end('SIGTERM')).toBe(0)
  await expect(start('--inputs', '784', '--encoder', 'pixels/2')).rejects.toThrow(/ended with 1: ENCODER_MISMATCH/)
}, 120_000)

it('saves by itself after so many changes, and what is left when it is told to end', async () => {
  const service = await start('--inputs', '2', '--save-every', '3', '--save-seconds', '3600')
  const learn = (at: number) => service.post('/learn', { x: [[at, 1]], labels: [`${at % 2}`] })
  for (let at = 0; at < 3; at++) expect((await learn(at)).body.durable).toBe(0)
  const health = async () => JSON.parse((await service.get('/healthz')).text)
  while ((await health()).durable === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await health()).toEqual({ status: 'ok', sequence: 3, durable: 3, pending: 0 })
  expect((await learn(3)).body).toMatchObject({ sequence: 4, durable: 3 })
  expect(await service.end('SIGINT')).toBe(0)
  const again = await start('--inputs', '2')
  expect(JSON.parse((await again.get('/healthz')).text)).toMatchObject({ sequence: 4, durable: 4 })
})

it('a change that is not saved by number is saved by time', async () => {
  const service = await start('--inputs', '2', '--save-every', '1000000', '--save-seconds', '0.1')
  await service.post('/learn', { x: [[0, 1]], labels: ['a'] })
  const durable = async () => JSON.parse((await service.get('/healthz')).text).durable
  while ((await durable()) === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await durable()).toBe(1)
})

it('what it refuses has a code, and changes nothing', async () => {
  const service = await start('--inputs', '3', '--encoder', 'e', '--body-limit', '10000')
  await service.post('/learn', { x: [[1, 2, 3]], labels: ['a'] })
  const refused = async (path: string, body: object | string) => {
    const reply = await service.post(path, body)
    expect(reply.body.message).toMatch(/./)
    return [reply.status, reply.body.code]
  }
  const invalid = [400, 'FST_ERR_VALIDATION']
  expect(await refused('/learn', { x: [[1, 2, 3]], labels: ['x'.repeat(20_000)] })).toEqual([
    413,
    'FST_ERR_CTP_BODY_TOO_LARGE',
  ])
  expect(await refused('/learn', '{"x":[[1,2,')).toEqual([400, 'FST_ERR_CTP_INVALID_JSON_BODY'])
  expect(await refused('/learn', { x: [[1, 2, Number.NaN]], labels: ['b'] })).toEqual(invalid)
  expect(await refused('/learn', '{"x":[[1,2,1e999]],"labels":["b"]}')).toEqual(invalid)
  expect(await refused('/learn', { x: [[1, 2, 1e39]], labels: ['b'] })).toEqual([400, 'NON_FINITE'])
  expect(await refused('/learn', { x: [[1, 2, '3']], labels: ['b'] })).toEqual(invalid)
  expect(await refused('/learn', { x: [[1, 2]], labels: ['b'] })).toEqual(invalid)
  expect(await refused('/learn', { x: [[1, 2, 3]], labels: ['b', 'c'] })).toEqual([400, 'LENGTH'])
  expect(await refused('/learn', { x: [[1, 2, 3]], labels: [7] })).toEqual(invalid)
  expect(await refused('/learn', { x: [[1, 2, 3]], labels: ['b'], more: 1 })).toEqual(invalid)
  expect(await refused('/learn?durable=yes', { x: [[1, 2, 3]], labels: ['b'] })).toEqual(invalid)
  expect(await refused('/learn', { x: [[1, 2, 3]], labels: ['b'], encoder: 'f' })).toEqual([409, 'ENCODER_MISMATCH'])
  expect(await refused('/predict', { x: [[1, 2, 3]], encoder: 'f' })).toEqual([409, 'ENCODER_MISMATCH'])
  expect(await refused('/consolidate', { x: [[1, 2, 3]] })).toEqual(invalid)
  expect(await refused('/unknown', {})).toEqual([404, 'NOT_FOUND'])
  expect(JSON.parse((await service.get('/healthz')).text).sequence).toBe(1)
  expect((await service.post('/predict', { x: [[1, 2, 3]] })).body.answers[0].label).toBe('a')
})

it('too many calls are told to come again', async () => {
  const service = await start('--inputs', '784', '--model', 'network', '--hidden', '1000', '--max-pending', '1')
  const body = JSON.stringify({
    x: Array.from({ length: 50 }, () => new Array(784).fill(0.5)),
    labels: new Array(50).fill('a'),
  })
  const replies = await Promise.all(Array.from({ length: 8 }, () => service.post('/learn', body)))
  const statuses = replies.map(({ status }) => status)
  expect(new Set(statuses)).toEqual(new Set([200, 429]))
  const refused = replies.find(({ status }) => status === 429)
  expect([refused?.body.code, refused?.headers.get('retry-after')]).toEqual(['OVERLOADED', '1'])
  const learnt = statuses.filter((status) => status === 200).length
  expect(JSON.parse((await service.get('/healthz')).text).sequence).toBe(learnt)
})
