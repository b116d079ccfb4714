import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** What became of a process of Node. */
export interface Outcome {
  readonly status: number | null
  readonly signal: string | null
  /** on standard output */
  readonly printed: string
}

/** Runs Node with these arguments; a process that hangs is killed after so many milliseconds. */
export async function node(
  args: readonly string[],
  { timeout, env = {} }: { readonly timeout: number; readonly env?: Readonly<Record<string, string>> },
): Promise<Outcome> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout,
    killSignal: 'SIGKILL',
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  const [status, signal] = await once(child, 'close')
  return { status, signal, printed: printed.trim() }
}
