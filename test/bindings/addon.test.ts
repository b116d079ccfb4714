import { expect, test } from 'vitest'
import { loadAddon } from '../../bindings/native.ts'
import { refusal } from '../refusal.ts'

test('a missing addon is an error that lists every attempt and the remedy', () => {
  const { message } = refusal('ADDON_MISSING', () =>
    loadAddon(
      (place) => {
        throw new Error(`no such file: ${place}\nRequire stack:`)
      },
      ['first.node', 'second.node'],
    ),
  )
  expect(message).toContain('first.node: no such file: first.node')
  expect(message).toContain('second.node: no such file: second.node')
  expect(message).not.toContain('Require stack')
  expect(message).toContain('npm run build:native')
})

test('what is thrown need not be an Error', () => {
  const { message } = refusal('ADDON_MISSING', () =>
    loadAddon(() => {
      throw 'broken'
    }, ['x.node']),
  )
  expect(message).toContain('x.node: broken')
})

test('the first place that has the addon is taken', () => {
  const addon = { sum: () => 1 }
  const tried: string[] = []
  const require = (place: string) => {
    tried.push(place)
    if (place === 'second.node') return addon
    throw new Error('missing')
  }
  expect(loadAddon(require, ['first.node', 'second.node', 'third.node'])).toBe(addon)
  expect(tried).toEqual(['first.node', 'second.node'])
})
