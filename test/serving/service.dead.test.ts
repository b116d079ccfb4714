import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Service } from './service.ts'

const running: Service[] = []
let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-dead-'))
  file = join(folder, 'state.safetensors')
})
afterEach(async () => {
  for (const service of running.splice(0)) await service.end('SIGKILL')
  rmSync(folder, { recursive: true })
})

/** saves when it is asked to alone */
async function start() {
  running.push(await Service.mortal(file, '--inputs', '2', '--save-every', '1000000', '--save-seconds', '3600'))
  return running.at(-1) as Service
}

async function health(service: Service) {
  const { status, text } = await service.get('/healthz')
  return { code: status, ...JSON.parse(text) }
}

async function ended(service: Service): Promise<void> {
  service.process.kill('SIGUSR2')
  while ((await health(service)).status === 'ok') await new Promise((resolve) => setTimeout(resolve, 10))
}

const DIED = {
  status: 503,
  body: { code: 'WORKER_DIED', message: expect.stringMatching(/predict goes on with what was published last/) },
}

it('a thread that dies is told without a request, answers stand, and what was durable is there again', async () => {
  const rows = {
    x: [
      [1, 0],
      [0, 1],
    ],
    labels: ['a', 'b'],
    id: '1',
  }
  const third = { x: [[1, 1]], labels: ['c'], id: '2' }
  const service = await start()
  expect((await service.post('/learn?durable=true', rows)).body).toEqual({ sequence: 1, learnt: true, durable: 1 })
  expect((await service.post('/learn', third)).body).toEqual({ sequence: 2, learnt: true, durable: 1 })
  const ask = async (of: Service) => (await of.post('/predict', { x: [...rows.x, ...third.x] })).body
  const before = await ask(service)
  expect(before.answers.map(({ label }: { label: string }) => label)).toEqual(['a', 'b', 'c'])

  await ended(service)
  expect(await health(service)).toEqual({ code: 503, status: 'dead', sequence: 2, durable: 1, pending: 0 })
  for (const path of ['/learn', '/learn?durable=true', '/consolidate'])
    expect(await service.post(path, path === '/consolidate' ? {} : { ...rows, id: '3' })).toMatchObject(DIED)
  expect(await ask(service)).toEqual(before)
  const metrics = (await service.get('/metrics')).text.split('\n')
  expect(metrics).toContain('palimpsest_requests_total{route="/learn",status="503"} 2')
  expect(metrics).toContain('palimpsest_durable_sequence 1')

  // one change was learnt and is in no file: it does not end as if all were well
  expect(await service.end('SIGTERM')).toBe(1)
  const again = await start()
  expect(await health(again)).toEqual({ code: 200, status: 'ok', sequence: 1, durable: 1, pending: 0 })
  expect((await again.post('/learn', rows)).body.learnt).toBe(false)
  expect((await again.post('/learn', third)).body.learnt).toBe(true)
  expect(await ask(again)).toEqual(before)
})

it('a thread that dies with nothing unsaved ends well', async () => {
  const service = await start()
  await service.post('/learn?durable=true', { x: [[1, 0]], labels: ['a'] })
  await ended(service)
  expect(await service.end('SIGTERM')).toBe(0)
})

it('calls that wait when the thread dies are answered, and none of them as learnt that is not', async () => {
  const service = await start()
  const x = Array.from({ length: 256 }, (_, row) => [row, 1])
  const body = JSON.stringify({ x, labels: new Array(256).fill('a') })
  const calls = Array.from({ length: 60 }, () => service.post('/learn', body))
  await Promise.race(calls)
  await ended(service)
  const replies = await Promise.all(calls)
  const learnt = replies.filter(({ status }) => status === 200)
  for (const reply of replies.filter(({ status }) => status !== 200)) expect(reply).toMatchObject(DIED)
  const { code, pending, sequence } = await health(service)
  expect([code, pending]).toEqual([503, 0])
  expect(Math.max(...learnt.map(({ body: { sequence } }) => sequence))).toBeLessThanOrEqual(sequence)
  expect(learnt.length).toBeLessThanOrEqual(sequence)
})
