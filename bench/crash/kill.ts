import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeSafetensors, readStored } from '../../src/persistence/index.ts'
import { Engine } from '../../src/serving/engine.ts'
import { engineOf, storedOf } from '../../src/serving/engine-state.ts'
import { settingsOf } from '../../src/serving/settings.ts'
import { changeOf, type Kind, OPTIONS } from './work.ts'

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url))

/** What one kill left. */
export interface Kill {
  readonly kind: Kind
  /** after the child was ready, in milliseconds */
  readonly after: number
  /** the last number that `save` had answered, before or now */
  readonly confirmed: number
  /** of the file */
  readonly found: number
  /** it fell into a save, whose unfinished file is beside the other */
  readonly torn: boolean
  /** null: the file is there, loads, knows all that was confirmed, and equals what never stopped, bit for bit */
  readonly fault: string | null
}

/** A classifier that never stops, beside one that is killed again and again. */
export class Witness {
  readonly #kind: Kind
  readonly #path: string
  readonly #engine: Engine
  #confirmed = 0

  constructor(kind: Kind, path: string) {
    this.#kind = kind
    this.#path = path
    this.#engine = new Engine(settingsOf(OPTIONS[kind]))
  }

  /** Starts the child, kills it so long after it was ready, and looks at what it left. */
  async kill(after: number): Promise<Kill> {
    const before = await this.#unfinished()
    this.#confirmed = Math.max(this.#confirmed, await killed(this.#kind, this.#path, after))
    const torn = (await this.#unfinished()).some((name) => !before.includes(name))
    const { found, fault } = await this.#look().catch((error) => ({ found: -1, fault: String(error) }))
    return { kind: this.#kind, after, confirmed: this.#confirmed, found, torn, fault }
  }

  async #unfinished(): Promise<string[]> {
    const names = await readdir(dirname(this.#path))
    return names.filter((name) => name.startsWith(`.${basename(this.#path)}.`))
  }

  async #look(): Promise<Pick<Kill, 'found' | 'fault'>> {
    const stored = await readStored(this.#path).catch((error) => {
      if (error.code === 'STATE_MISSING' && this.#confirmed === 0) return null
      throw error
    })
    if (!stored) return { found: 0, fault: null }
    const loaded = engineOf(stored, OPTIONS[this.#kind].encoder)
    const found = loaded.sequence
    if (found < this.#confirmed) return { found, fault: `${this.#confirmed} was confirmed, the file knows ${found}` }
    this.#advance(found)
    const same = [storedOf(this.#engine), stored, storedOf(loaded)].map((state) =>
      Buffer.concat(encodeSafetensors(state)).toString('base64'),
    )
    const fault = new Set(same).size === 1 ? null : `at ${found} it differs from a classifier that never stopped`
    return { found, fault }
  }

  #advance(sequence: number): void {
    while (this.#engine.sequence < sequence) {
      const { x, labels, id } = changeOf(this.#engine.sequence + 1)
      if (x) this.#engine.learn(x, labels, id)
      else this.#engine.consolidate(null, [])
      this.#engine.publish()
    }
  }
}

/** the last number that the child said was saved, or 0 */
function killed(kind: Kind, path: string, after: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, kind, path], { stdio: ['ignore', 'pipe', 'pipe'] })
    let [said, complaint] = ['', '']
    let timer: NodeJS.Timeout | undefined
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text
    })
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (!timer && said.startsWith('ready')) timer = setTimeout(() => child.kill('SIGKILL'), after)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (signal !== 'SIGKILL') return reject(new Error(`the child ended with ${code}: ${complaint}`))
      const numbers = said
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.startsWith('saved '))
      resolve(Number(numbers.at(-1)?.slice(6) ?? 0))
    })
  })
}
