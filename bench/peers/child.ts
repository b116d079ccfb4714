import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** How to start a program that answers lines, and how long to wait for it. */
export interface Program {
  /** the peer, as its errors call it */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** seconds until it must have said that it is ready, or has answered; default 120 each */
  readonly patience?: { readonly start?: number; readonly answer?: number }
}

/** What a peer did wrong, or why it is not there. */
export class PeerError extends Error {}

const PATIENCE = 120
/** milliseconds from the end of a child's input to a signal, and from one signal to the next */
const GRACE = 2_000
/** of what it says on standard error, kept for the message when it dies */
const TAIL = 2_000

/**
 * A program in a process of its own that answers a line with a line. First it says what it can do, in any number of
 * lines, then `ready <versions>`, or `missing <why>`. Then it answers `ok <words>` or `error <why>`.
 */
export class Child {
  /** what it said before it was ready */
  readonly greeting: string[] = []
  /** what it said after `ready` */
  versions = ''
  readonly #name: string
  readonly #process: ChildProcessWithoutNullStreams
  readonly #seconds: number
  readonly #ended: Promise<void>
  readonly #lines: string[] = []
  #waiting: { readonly take: (line: string) => void; readonly fail: (error: Error) => void } | null = null
  #broken: Error | null = null
  #last: Promise<unknown> = Promise.resolve()
  #stderr = ''

  private constructor({ name, command, args, env, patience }: Program) {
    this.#name = name
    this.#seconds = patience?.answer ?? PATIENCE
    this.#process = spawn(command, args, { stdio: 'pipe', env: { ...process.env, ...env } })
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-TAIL)
    })
    const kill = () => this.#process.kill()
    process.once('exit', kill)
    // a child that has died is reported by its end, not by the pipe that broke
    this.#process.stdin.on('error', () => {})
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      const waiting = this.#waiting
      this.#waiting = null
      if (waiting) waiting.take(line)
      else this.#lines.push(line)
    })
    this.#ended = new Promise((resolve) => {
      this.#process.on('error', (error) => {
        this.#break(`does not start (${error.message})`)
        resolve()
      })
      this.#process.on('close', (code, signal) => {
        process.off('exit', kill)
        const last = this.#stderr.trim().split('\n').at(-1)
        this.#break(`ended with ${signal ?? `code ${code}`}${last ? `: ${last}` : ''}`)
        resolve()
      })
    })
  }

  /** @throws PeerError when it does not start, is missing what it needs, or is not ready in time */
  static async start(program: Program): Promise<Child> {
    const child = new Child(program)
    const until = Date.now() + (program.patience?.start ?? PATIENCE) * 1000
    try {
      for (;;) {
        const line = await child.#line((until - Date.now()) / 1000, 'ready')
        const [word, rest] = split(line)
        if (word === 'missing') throw new PeerError(rest)
        if (word !== 'ready') child.greeting.push(line)
        else {
          child.versions = rest
          return child
        }
      }
    } catch (error) {
      await child.close()
      throw error
    }
  }

  /**
   * What it answers after `ok`. Requests wait for each other.
   * @throws PeerError when it answers an error, nonsense or nothing in time, or has ended
   */
  ask(request: string): Promise<string> {
    const answer = this.#last.then(async () => {
      if (this.#broken) throw this.#broken
      const early = this.#lines.shift()
      if (early !== undefined) throw this.#break(`said '${early}' unasked`)
      this.#process.stdin.write(`${request}\n`)
      const [word, rest] = split(await this.#line(this.#seconds, `an answer to '${request}'`))
      if (word === 'ok') return rest
      if (word === 'error') throw new PeerError(`${this.#name}: ${rest}`)
      throw this.#break(`answered '${`${word} ${rest}`.trim()}' to '${request}'`)
    })
    this.#last = answer.catch(() => {})
    return answer
  }

  /** Numbers after `ok`. @throws PeerError as {@link ask}, and unless they are as many finite numbers */
  async numbers(request: string, count: number): Promise<number[]> {
    const text = await this.ask(request)
    const all = text.split(' ').map((word) => (word === '' ? Number.NaN : Number(word)))
    if (all.length === count && all.every(Number.isFinite)) return all
    throw this.#break(`answered '${text}' to '${request}'`)
  }

  /** Ends its input, which ends it; else two signals do. */
  async close(): Promise<void> {
    this.#process.stdin.end()
    const timers = (['SIGTERM', 'SIGKILL'] as const).map((signal, index) =>
      setTimeout(() => this.#process.kill(signal), GRACE * (index + 1)),
    )
    await this.#ended
    for (const timer of timers) clearTimeout(timer)
  }

  /** the first failure is the one that is reported from then on; what has no voice any more is ended */
  #break(what: string): Error {
    this.#broken ??= new PeerError(`${this.#name} ${what}`)
    this.#process.kill()
    this.#waiting?.fail(this.#broken)
    this.#waiting = null
    return this.#broken
  }

  #line(seconds: number, what: string): Promise<string> {
    const early = this.#lines.shift()
    if (early !== undefined) return Promise.resolve(early)
    if (this.#broken) return Promise.reject(this.#broken)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#break(`has not said ${what} in time`), seconds * 1000)
      const settle =
        <T>(done: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer)
          done(value)
        }
      this.#waiting = { take: settle(resolve), fail: settle(reject) }
    })
  }
}

/** the first word, and what comes after it */
function split(line: string): [string, string] {
  const space = line.indexOf(' ')
  return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)]
}
