import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { palimpsest } from './command.ts'
import { record } from './stream-records.ts'

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
afterAll(() => rmSync(folder, { recursive: true }))
const text = join(folder, 'text.json')
writeFileSync(text, 'not JSON')
const other = join(folder, 'other.json')
writeFileSync(other, JSON.stringify({ runs: [record({ protocol: 'kutalev' })] }))

describe('what a stream refuses', () => {
  it.each([
    [['run', 'mnist-fashion', '--method', 'magic'], "--method is 'magic', expected one of none, joint, ewc"],
    [['run', 'mnist-fashion', '--scenario', 'task'], "--scenario is 'task', expected one of domain"],
    [['run', 'split-mnist', '--protocol', 'kutalev'], "--protocol is 'kutalev', expected one of van-de-ven-split"],
    [['run', 'permuted-mnist', '--seeds', '0'], "--seeds is '0'"],
    [['run', 'permuted-mnist', '--threads', 'x'], "--threads is 'x'"],
    [['run', 'mnist-fashion', '--lambda=-1'], "--lambda is '-1'"],
    [['run', 'mnist-fashion', '--method', 'ewc', '--lambda', 'much'], "--lambda is 'much'"],
    [['run', 'mnist-fashion', '--set', '{gamma'], "--set is '{gamma'"],
    [['run', 'mnist-fashion', '--set', '3'], "--set is '3'"],
    [['run', 'mnist-fashion', '--set', '{"lamda":3}'], "--set: 'lamda' is not one of lambda"],
    [['run', 'mnist-fashion', '--set', '{"rate":"fast"}'], `'rate' is "fast", expected a number, 0 or more`],
    [['run', 'mnist-fashion', '--set', '{"gamma":-1}'], "'gamma' is -1, expected a number"],
    [['run', 'mnist-fashion', '--set', '{"reset":1}'], "'reset' is 1, expected true or false"],
    [
      ['run', 'mnist-fashion', '--set', '{"schedule":"fall"}'],
      `'schedule' is "fall", expected one of constant, linearDecay`,
    ],
    [
      ['run', 'mnist-fashion', '--method', 'joint', '--set', '{"reset":true}'],
      "--set 'reset': joint would not read it",
    ],
    [['run', 'mnist-fashion', '--method', 'ewc', '--set', '{"rate":1}'], "--set 'rate': ewc would not read it"],
    [
      ['run', 'mnist-fashion', '--method', 'kfac', '--set', '{"estimator":"exact"}'],
      "--set 'estimator': kfac would not",
    ],
    [['run', 'mnist-fashion', '--method', 'none', '--lambda', '3'], '--lambda: none would not read it'],
    [['tune', 'mnist-fashion', '--method', 'joint', '--lambda', '3'], '--lambda: joint would not read it'],
    [['run', 'mnist-fashion', '--lambda', '3'], '--lambda: none would not read it'],
    [['run', 'mnist-fashion', '--share', '0'], "--share is '0'"],
    [['run', 'mnist-fashion', '--shard', '3/2'], "--shard is '3/2'"],
    [['run', 'mnist-fashion', '--shard', '0/2'], "--shard is '0/2'"],
    [['run', 'mnist-fashion', '--shard', 'half'], "--shard is 'half'"],
    [['run', 'mnist-fashion', '--merge', join(folder, 'nothing.json')], '--merge'],
    [['run', 'mnist-fashion', '--merge', text], '--merge'],
    [['run', 'mnist-fashion', '--merge', other], 'not all of protocol article'],
    [['run', 'sorted-mnist'], "'sorted-mnist' is not one of article, select, mnist-fashion"],
    [['tune', 'article'], "'article' is not one of mnist-fashion"],
    [['results', '--documents', '.'], '--documents'],
  ])('%j', (args, message) => {
    const { status, stdout, stderr } = palimpsest(...args)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
    expect(stderr).toContain("Try 'palimpsest --help'")
    expect(stderr).not.toMatch(/\n\s+at /)
  })
})

describe('--help', () => {
  it.each([['run', 'split-mnist'], ['tune', 'permuted-mnist'], ['run'], ['tune'], ['results']])(
    'of %s %s lists options',
    (...command) => {
      const { status, stdout } = palimpsest(...command, '--help')
      expect(status).toBe(0)
      expect(stdout).toContain('--help')
    },
  )
})
