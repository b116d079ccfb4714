import { describe, expect, it } from 'vitest'
import { palimpsest } from './command.ts'

describe('a mistake at the keyboard', () => {
  it.each([
    [['--seeds', '0'], "--seeds is '0'"],
    [['--seeds', '1.5'], "--seeds is '1.5'"],
    [['--epochs', 'many'], "--epochs is 'many'"],
    [['--recipe', 'secret'], "--recipe is 'secret', expected one of published"],
    [['--method', 'magic'], "--method is 'magic', expected one of none, ewc, joint"],
    [['--threads', '-1'], '--threads'],
    [['--lamda', '3'], '--lamda'],
    [['run', 'nothing'], "'nothing' is not one of article, select"],
    [['run', 'article', 'stray'], 'stray'],
    [['speed', '--rounds', '0'], "--rounds is '0'"],
    [['fly'], "'fly' is not a command"],
  ])('%j is refused in one clear message', (args, message) => {
    const { status, stdout, stderr } = palimpsest(...args)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
    expect(stderr).toContain("Try 'palimpsest --help'")
    expect(stderr).not.toMatch(/\n\s+at /)
  })
})

describe('--help', () => {
  it.each([
    { command: [] },
    { command: ['run', 'article'] },
    { command: ['run', 'select'] },
    { command: ['speed'] },
    { command: ['data'] },
  ])('of $command lists options and trains nothing', ({ command }) => {
    const { status, stdout } = palimpsest(...command, '--help')
    expect(status).toBe(0)
    expect(stdout).toContain('--help')
  })
})

describe('palimpsest data', () => {
  it('names both sets, their sizes and the folder', () => {
    const { status, stdout } = palimpsest('data')
    expect(status).toBe(0)
    expect(stdout).toMatch(/mnist\/train: 60000 images.*fashion-mnist\/test: 10000 images.*\nin /s)
  })
})
