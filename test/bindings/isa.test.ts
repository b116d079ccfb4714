import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { native } from '../../bindings/native.ts'
import { builtBindings } from './dist.ts'

const run = promisify(execFile)

/** what importing the bindings in a process of its own, under this PALIMPSEST_ISA, comes to */
async function under(isa: string): Promise<{ table?: string; code?: string; message?: string; product?: number }> {
  const program = `
    try {
      const { native } = await import(${JSON.stringify(builtBindings())})
      const c = new Float32Array(1)
      native.matmulNN(1, 1, 2, Float32Array.of(2, 3), Float32Array.of(5, 7), null, c, false, false)
      console.log(JSON.stringify({ table: native.tables()[native.currentTable()], product: c[0] }))
    } catch ({ code, message }) {
      console.log(JSON.stringify({ code, message }))
    }`
  const env = { ...process.env, PALIMPSEST_ISA: isa }
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { env })
  return JSON.parse(stdout)
}

test.each(native.tables())('PALIMPSEST_ISA=%s chooses that table', async (table) => {
  expect(await under(table)).toEqual({ table, product: 31 })
})

test('without it, the last table that the processor runs is chosen', async () => {
  expect(await under('')).toEqual({ table: native.tables().at(-1), product: 31 })
})

test.each(['nonsense', 'PORTABLE', 'avx2,avx512'])('PALIMPSEST_ISA=%s is refused at import', async (isa) => {
  const { code, message } = await under(isa)
  expect(code).toBe('ISA_UNSUPPORTED')
  expect(message).toContain(`'${isa}'`)
  for (const table of native.tables()) expect(message).toContain(table)
})

test('selectTable changes what currentTable says', () => {
  const [before, names] = [native.currentTable(), native.tables()]
  for (const [index, name] of names.entries()) {
    native.selectTable(name)
    expect(native.currentTable()).toBe(index)
  }
  native.selectTable(names[before] as string)
})
