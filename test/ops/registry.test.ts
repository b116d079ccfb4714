import { expect, test } from 'vitest'
import * as autograd from '../../src/autograd.ts'
import { OPS } from '../../src/ops/index.ts'

test('the registry holds every operation under its own name, and each has its function', () => {
  for (const [name, op] of Object.entries(OPS)) {
    expect(op.name).toBe(name)
    expect(autograd).toHaveProperty(name, expect.any(Function))
  }
})
