import { parentPort } from 'node:worker_threads'
import { PalimpsestError } from '../../bindings/errors.ts'
import { readStored, writeAtomically } from '../persistence/file.ts'
import { encodeSafetensors } from '../persistence/safetensors.ts'
import { Engine } from './engine.ts'
import { engineOf, storedOf } from './engine-state.ts'
import type { CallName, Calls, Reply, Request } from './messages.ts'
import { layoutOf, SlotWriter, sameLayout } from './slots.ts'

// between two publications while calls wait, in milliseconds
const RARELY = 20

/** A model that lives in this thread, and where it publishes what answers. */
class Hosted {
  readonly engine: Engine
  #slots: SlotWriter | null = null
  #stale = true
  #resting = 0

  constructor(engine: Engine) {
    this.engine = engine
  }

  /** Publishes unless that was done too lately and another call waits. Returns new memory where there is some. */
  publish(more: boolean): Pick<Reply, 'visible' | 'slots'> {
    if (!this.#stale) return { visible: true, slots: undefined }
    const began = performance.now()
    if (more && began < this.#resting) return { visible: false, slots: undefined }
    const slots = this.#write()
    this.#stale = false
    const took = performance.now() - began
    this.#resting = performance.now() + Math.max(RARELY, took)
    return { visible: true, slots }
  }

  change<T>(run: () => T): T {
    const value = run()
    this.#stale = true
    return value
  }

  /** at the next chance, however soon */
  hurry(): void {
    this.#resting = 0
  }

  #write(): Reply['slots'] {
    const published = this.engine.publish()
    if (!published) {
      this.#slots = null
      return null
    }
    const layout = layoutOf(this.engine.settings.inputs, published)
    const same = this.#slots !== null && sameLayout(this.#slots.layout, layout)
    this.#slots = same ? this.#slots : new SlotWriter(layout)
    this.#slots?.write(published)
    return same ? undefined : { memory: (this.#slots as SlotWriter).memory, layout }
  }
}

const models = new Map<number, Hosted>()

const DO: { readonly [N in CallName]: (hosted: Hosted, call: Calls[N]) => unknown } = {
  create: () => null,
  open: ({ engine }) => engine.sequence,
  learn: (hosted, { x, labels, id }) => hosted.change(() => hosted.engine.learn(x, labels, id)),
  consolidate: (hosted, { x, labels }) => {
    hosted.hurry()
    return hosted.change(() => hosted.engine.consolidate(x, labels))
  },
  forget: (hosted, { x, labels }) => hosted.change(() => hosted.engine.forget(x, labels)),
  removeClass: (hosted, { label }) => hosted.change(() => hosted.engine.removeClass(label)),
  report: ({ engine }, { probe }) => engine.report(probe ?? undefined),
  save: async ({ engine }, { path }) => {
    const { sequence } = engine
    await writeAtomically(path, encodeSafetensors(storedOf(engine)))
    return sequence
  },
  publish: () => null,
  drop: () => null,
}

async function hostedFor({ model, name, call }: Request): Promise<Hosted> {
  if (name === 'create') return new Hosted(new Engine((call as Calls['create']).settings))
  if (name !== 'open') return models.get(model) as Hosted
  const { path, encoder, inputs, settings } = call as Calls['open']
  const engine = engineOf(await readStored(path), encoder)
  if (inputs !== undefined && inputs !== engine.settings.inputs)
    throw new PalimpsestError('STATE_MISMATCH', `${path} has ${engine.settings.inputs} inputs, not ${inputs}`)
  if (settings && JSON.stringify(settings) !== JSON.stringify(engine.settings))
    throw new PalimpsestError(
      'STATE_MISMATCH',
      `${path} was made with ${JSON.stringify(engine.settings)}, not with ${JSON.stringify(settings)}`,
    )
  return new Hosted(engine)
}

async function answer(request: Request): Promise<Reply> {
  const { model, name, call, more } = request
  let hosted: Hosted | undefined
  try {
    hosted = await hostedFor(request)
    const value = await DO[name](hosted, call as never)
    if (name === 'drop') models.delete(model)
    else models.set(model, hosted)
    return { value, error: null, ...hosted.publish(more), bytes: hosted.engine.bytes }
  } catch (error) {
    return { value: null, error: toldOf(error), ...left(hosted, more), bytes: hosted?.engine.bytes ?? 0 }
  }
}

const toldOf = (error: unknown): Reply['error'] => ({
  code: error instanceof PalimpsestError ? error.code : null,
  message: error instanceof Error ? error.message : String(error),
})

/** Publishes what calls before one that failed had changed; what cannot be published is told as it always was. */
function left(hosted: Hosted | undefined, more: boolean): Pick<Reply, 'visible' | 'slots'> {
  try {
    if (hosted) return hosted.publish(more)
  } catch {
    // out of memory: the next change publishes it
  }
  return { visible: true, slots: undefined }
}

parentPort?.on('message', async (request: Request) => {
  parentPort?.postMessage(await answer(request))
})
