import { expect, test } from 'vitest'
import { type Attempt, loadFirst } from '../../bindings/load.ts'
import { refusal } from '../refusal.ts'

const failing =
  (cause: unknown): Attempt =>
  () => {
    throw cause
  }
const silent = () => {
  throw new Error('there was no fallback')
}

test('when nothing loads, the error lists every attempt, its cause, and what helps', () => {
  const { message } = refusal('ADDON_MISSING', () =>
    loadFirst(
      [failing(new Error("Cannot find module 'first.node'\nRequire stack:")), failing('broken')],
      [failing(new Error('no memory'))],
      silent,
    ),
  )
  for (const part of ["  Cannot find module 'first.node'\n", '  broken\n', '  no memory\n', 'npm run build:native'])
    expect(message).toContain(part)
  expect(message).not.toContain('Require stack')
})

test('the first addon that loads is taken, and nothing else is tried', () => {
  const addon = { sum: () => 1 }
  expect(loadFirst([failing('missing'), () => addon, failing('tried')], [failing('tried')], silent)).toBe(addon)
})

test('the fallback comes last, and says why', () => {
  const fallback = { sum: () => 2 }
  const heard: string[] = []
  expect(loadFirst([failing('too old')], [failing('not here'), () => fallback], (why) => heard.push(why))).toBe(
    fallback,
  )
  expect(heard).toEqual(['  too old\n  not here\n'])
})

test('a fallback that was asked for says nothing', () => {
  const fallback = { sum: () => 2 }
  expect(loadFirst([], [() => fallback], silent)).toBe(fallback)
})
