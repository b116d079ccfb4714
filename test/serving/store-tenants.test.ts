import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Report } from '../../bench/report.ts'
import { ROOT } from '../docs/pages.ts'

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-tenants-test-'))
const run = (...more: string[]) => [`${ROOT}dist/bench/main.js`, 'tenants', '--inputs', '16', '--budget', '1', ...more]
const env = { ...process.env, TMPDIR: folder }

it('opens tenants beyond the budget, keeps to it, and removes its folder', async () => {
  const json = join(folder, 'tenants.json')
  const args = run('--tenants', '60', '--rounds', '150', '--json', json)
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
  expect(status, stderr).toBe(0)
  expect(stdout).toContain('60 tenants of 16 inputs; 150 openings')
  const { figures } = JSON.parse(readFileSync(json, 'utf8')) as Report
  const value = (name: string) => figures.find((figure) => figure.name === `tenants/16/${name}`)?.value ?? Number.NaN
  expect(value('evictions')).toBeGreaterThan(10)
  expect(value('resident-bytes')).toBeGreaterThan(2 ** 19)
  expect(value('resident-bytes')).toBeLessThanOrEqual(2 ** 20)
  expect(value('disk-bytes')).toBeGreaterThan(60 * 8 * 136)
  expect(value('open/warm/p50')).toBeLessThan(value('open/cold/p50'))
  expect(readdirSync(folder)).toEqual(['tenants.json'])
})

it.skipIf(process.platform === 'win32')('removes its folder when it is interrupted', async () => {
  const child = spawn(process.execPath, run('--rounds', '1000000'), { env, stdio: 'ignore' })
  await expect.poll(() => readdirSync(folder).some((name) => /tenants-.*/.test(name)), { timeout: 30_000 }).toBe(true)
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  expect(code).toBe(130)
  expect(readdirSync(folder).filter((name) => name.startsWith('palimpsest-'))).toEqual([])
  await rm(folder, { recursive: true })
})
