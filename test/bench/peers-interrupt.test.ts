import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { alive } from './process.ts'

it.skipIf(process.platform === 'win32')('an interrupt ends every peer and removes the material', async () => {
  const own = mkdtempSync(join(tmpdir(), 'palimpsest-'))
  const home = new URL('../../dist/bench/peers/', import.meta.url)
  const program = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { startAll } from '${new URL('index.js', home)}'
    import { Material } from '${new URL('material.js', home)}'
    const code = 'console.log("ready " + process.pid); setInterval(() => {}, 1000)'
    const peer = { name: 'fake', command: process.execPath, args: ['-e', code] }
    const [{ versions }] = await startAll([peer], new Material())
    console.log(versions)
    setInterval(() => {}, 1000)`,
    ],
    { env: { ...process.env, TMPDIR: own } },
  )
  const child = Number(await new Promise((resolve) => program.stdout.once('data', resolve)))
  expect(readdirSync(own)).toHaveLength(1)
  const ended = new Promise((resolve) => program.once('exit', resolve))
  program.kill('SIGINT')
  expect(await ended).toBe(130)
  expect(readdirSync(own)).toEqual([])
  await expect.poll(() => alive(child), { timeout: 20_000 }).toBe(false)
  rmSync(own, { recursive: true })
})
