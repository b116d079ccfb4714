import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { node } from '../bindings/child.ts'

const PROGRAM = fileURLToPath(new URL('./resume.mjs', import.meta.url))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-killed-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** the sha256 of all that the learner is at the end */
async function endOf(args: readonly string[], env = {}): Promise<string> {
  const { status, printed } = await node([PROGRAM, ...args], { timeout: 30_000, env })
  expect(status).toBe(0)
  expect(printed).toMatch(/^[0-9a-f]{64}$/)
  return printed
}

it.each(['ewc', 'si', 'replay'])(
  '%s goes on bit for bit in another process, after kill -9',
  async (method) => {
    const path = join(folder, `${method}.safetensors`)
    const straight = endOf([method, path, 'straight'])
    const child = spawn(process.execPath, [PROGRAM, method, path, 'until-killed'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = await once(child.stdout, 'data')
    child.kill('SIGKILL')
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    expect(String(said)).toBe('saved at 7 of 15\n')
    expect(await readdir(folder)).toContain(`${method}.safetensors`)
    const end = await straight
    expect(await endOf([method, path, 'resumed'])).toBe(end)
    // and on what another processor computes with
    expect(await endOf([method, path, 'resumed'], { PALIMPSEST_ISA: 'portable', PALIMPSEST_THREADS: '1' })).toBe(end)
  },
  60_000,
)
