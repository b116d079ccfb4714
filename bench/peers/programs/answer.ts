import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { NETS, type Net } from '../names.ts'

/** What a program can be asked to time. */
export interface Task {
  readonly name: string
  /** timed every so many rounds */
  readonly every: number
  /** one call of what is timed */
  run(): unknown
  /** from a fresh start, in float32 */
  result(): Float32Array | Promise<Float32Array>
}

/** a weight W[O, I] and a bias [O] */
export interface Layer {
  readonly inputs: number
  readonly outputs: number
  readonly weight: Float32Array
  readonly bias: Float32Array
}

/** What the main program left in a folder: see Material. */
export class Inputs {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  bytes(name: string): Uint8Array {
    return new Uint8Array(readFileSync(join(this.#folder, name)))
  }

  floats(name: string): Float32Array {
    return new Float32Array(this.bytes(name).buffer)
  }

  layers({ name, sizes }: Net): Layer[] {
    const all = this.floats(`${name}.f32`)
    let at = 0
    const take = (count: number) => {
      at += count
      return all.slice(at - count, at)
    }
    return sizes.slice(1).map((outputs, index) => {
      const inputs = sizes[index] as number
      return { inputs, outputs, weight: take(outputs * inputs), bias: take(outputs) }
    })
  }

  rows(batch: number): Float32Array {
    return this.floats('rows.f32').slice(0, batch * NETS[0].sizes[0])
  }

  labels(batch: number): Uint8Array {
    return this.bytes('labels.u8').slice(0, batch)
  }

  leave(result: Float32Array): void {
    writeFileSync(join(this.#folder, 'result'), result)
  }
}

/** Says what it can do, and does it, line by line, until its input ends. */
export async function answer(inputs: Inputs, tasks: readonly Task[], versions: string): Promise<void> {
  for (const { name, every } of tasks) console.log(`subject ${name} ${every}`)
  console.log(`ready ${versions}, Node ${process.versions.node}`)
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, name, calls] = line.split(' ')
    const task = tasks.find((one) => one.name === name)
    try {
      if (!task) console.log(`error unknown subject ${name}`)
      else if (verb === 'time') console.log(`ok ${await seconds(task, Number(calls))}`)
      else if (verb === 'check') {
        inputs.leave(await task.result())
        console.log('ok')
      } else console.log(`error unknown verb ${verb}`)
    } catch (error) {
      console.log(`error ${String(error).split('\n')[0]}`)
    }
  }
}

/** milliseconds of calls that are not counted, at least one */
const WARM_UP = 20

/** a call, after some that are not counted; what is not a promise is not awaited, which would cost it */
async function seconds({ run }: Task, calls: number): Promise<number> {
  const awake = performance.now() + WARM_UP
  do await run()
  while (performance.now() < awake)
  const started = process.hrtime.bigint()
  for (let call = 0; call < calls; call++) {
    const pending = run()
    if (pending instanceof Promise) await pending
  }
  return Number(process.hrtime.bigint() - started) / 1e9 / calls
}

/** Ends the program when a package is not there. */
export function missing(why: string): never {
  console.log(`missing ${why}`)
  process.exit()
}
