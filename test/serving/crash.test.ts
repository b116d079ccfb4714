import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type * as Command from '../../bench/crash/command.ts'
import type * as Kills from '../../bench/crash/kill.ts'

// the child runs from dist, and so does what looks at its file
const dist = (path: string) => import(new URL(`../../dist/bench/crash/${path}`, import.meta.url).href)

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-crash-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('kill -9 at random loses nothing that was confirmed, and not one bit', async () => {
  const { killAll } = (await dist('command.js')) as typeof Command
  const { kills, left } = await killAll(folder, 9, 1500, 3)
  expect(kills.map(({ fault }) => fault)).toEqual(kills.map(() => null))
  // some came after a save, and the classifier went on from there
  expect(Math.max(...kills.map(({ confirmed }) => confirmed))).toBeGreaterThan(0)
  // each process removes what those before it left
  expect(left).toBeLessThanOrEqual(1)
}, 120_000)

it('what was confirmed and is not there is found', async () => {
  const { Witness } = (await dist('kill.js')) as typeof Kills
  const witness = new Witness('analytic', join(folder, 'lost.safetensors'))
  let kill = await witness.kill(1500)
  while (kill.confirmed === 0) kill = await witness.kill(3000)
  expect(kill.fault).toBeNull()
  await rm(join(folder, 'lost.safetensors'))
  expect((await witness.kill(0)).fault).toMatch(/there is no such file|was confirmed/)
}, 120_000)
