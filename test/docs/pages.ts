import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8')

export interface Block {
  readonly language: string
  readonly text: string
  /** the block that follows with nothing but empty lines between */
  readonly next: Block | null
}

/** the fenced blocks of a page, in order */
export function blocksOf(page: string): readonly Block[] {
  const found = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
  let next: Block | null = null
  return found
    .toReversed()
    .map((match): Block => {
      const after = page.slice(match.index + match[0].length)
      const block: Block = { language: match[1] ?? '', text: match[2] ?? '', next: /^\s*```/.test(after) ? next : null }
      next = block
      return block
    })
    .toReversed()
}

/** what a program printed; throws when it fails or complains */
export function node(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: ROOT })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`)
  return stdout
}

/** Runs a block of JavaScript inside the package, so that it can import that by name, against dist. */
export function runCode(page: string, index: number, code: string): string {
  const folder = `${ROOT}build/docs/`
  mkdirSync(folder, { recursive: true })
  const file = `${folder}${basename(page, '.md')}-${index}.mjs`
  writeFileSync(file, code)
  return node(file)
}

/** a block `$ node FILE` with what it printed */
export function commandOf({ text }: Block): { readonly file: string; readonly printed: string } | null {
  const [, file = '', printed = ''] = /^\$ node (\S+)\n(.*)$/s.exec(text) ?? []
  return file === '' ? null : { file, printed }
}
