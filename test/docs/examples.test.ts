import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('examples/steps.ts learns both sets, and says so', () => {
  const file = fileURLToPath(new URL('../../dist/examples/steps.js', import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
  expect(status).toBe(0)
  const [mnist = 0, fashion = 0] = [...stdout.matchAll(/: (\d\.\d+)/g)].map(([, value]) => Number(value))
  expect(mnist).toBeGreaterThan(0.6)
  expect(fashion).toBeGreaterThan(0.6)
})
