import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { LabelledSet } from '../../src/data/set.ts'
import { ROOT } from '../docs/pages.ts'

/** What a service answered. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at any field of any answer
  readonly body: any
}

/** examples/service in a process of its own. */
export class Service {
  readonly url: string
  readonly process: ChildProcess

  private constructor(url: string, process: ChildProcess) {
    this.url = url
    this.process = process
  }

  static start(file: string, ...args: string[]): Promise<Service> {
    return Service.#start([], file, args)
  }

  /** one whose thread ends at SIGUSR2 */
  static mortal(file: string, ...args: string[]): Promise<Service> {
    return Service.#start(['--import', new URL('./mortal.mjs', import.meta.url).href], file, args)
  }

  static async #start(flags: readonly string[], file: string, args: readonly string[]): Promise<Service> {
    const program = `${ROOT}dist/examples/service/main.js`
    const child = spawn(process.execPath, [...flags, program, '--port', '0', '--file', file, ...args])
    let errors = ''
    child.stderr.on('data', (text) => {
      errors += text
    })
    for await (const line of createInterface(child.stdout)) {
      const url = /listens at (.*)/.exec(line)?.[1]
      if (url !== undefined) return new Service(url, child)
    }
    if (child.exitCode === null) await once(child, 'exit')
    throw new Error(`the service ended with ${child.exitCode}: ${errors}`)
  }

  async post(path: string, body: object | string): Promise<Reply> {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(this.url + path)
    return { status: response.status, text: await response.text() }
  }

  /** its exit code, or the signal that ended it */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const { process: child } = this
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode
    child.kill(signal)
    await once(child, 'exit')
    return child.exitCode ?? child.signalCode
  }
}

/** rows of bytes as a client sends them */
export function rowsOf({ inputs, features }: LabelledSet, from: number, to: number): number[][] {
  return Array.from({ length: to - from }, (_, index) =>
    Array.from(inputs.subarray((from + index) * features, (from + index + 1) * features), (byte) =>
      Number((byte / 255).toFixed(3)),
    ),
  )
}
