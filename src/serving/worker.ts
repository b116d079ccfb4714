import { parentPort } from 'node:worker_threads'
import { PalimpsestError } from '../../bindings/errors.ts'
import { readStored } from '../persistence/file.ts'
import { readFront, readWhole } from '../persistence/front.ts'
import { Engine } from './engine.ts'
import { encoded, engineOf, openingOf } from './engine-state.ts'
import { Hosted } from './hosted.ts'
import type { CallName, Calls, Reply, Request } from './messages.ts'
import type { Settings } from './settings.ts'
import { snapshotOf } from './snapshot.ts'

const models = new Map<number, Hosted>()

const DO: { readonly [N in CallName]: (hosted: Hosted, call: Calls[N]) => unknown } = {
  create: () => null,
  load: () => null,
  open: () => null,
  learn: (hosted, { x, labels, id }) => hosted.change((engine) => engine.learn(x, labels, id)),
  consolidate: (hosted, { x, labels }) => {
    hosted.hurry()
    return hosted.change((engine) => engine.consolidate(x, labels))
  },
  forget: (hosted, { x, labels }) => hosted.change((engine) => engine.forget(x, labels)),
  removeClass: (hosted, { label }) => hosted.change((engine) => engine.removeClass(label)),
  report: async (hosted, { probe }) => (await hosted.engine()).report(probe ?? undefined),
  save: async (hosted) => {
    const engine = await hosted.engine()
    return snapshotOf(engine.sequence, encoded(engine))
  },
  publish: () => null,
  drop: () => null,
}

async function hostedFor({ model, name, call }: Request): Promise<Hosted> {
  if (name === 'create') return Hosted.of(new Engine((call as Calls['create']).settings))
  if (name === 'load') return loaded(call as Calls['load'])
  if (name === 'open') return opened(call as Calls['open'])
  return models.get(model) as Hosted
}

async function loaded({ path, encoder, inputs }: Calls['load']): Promise<Hosted> {
  const engine = engineOf(await readStored(path), encoder)
  if (inputs !== undefined && inputs !== engine.settings.inputs)
    throw new PalimpsestError('STATE_MISMATCH', `${path} has ${engine.settings.inputs} inputs, not ${inputs}`)
  return Hosted.of(engine)
}

/** what answers alone, where the file has that in front: the rest is read before it is first needed */
async function opened({ path, encoder, settings }: Calls['open']): Promise<Hosted> {
  const front = readFront(path)
  const opening = front && openingOf(front, encoder)
  if (!front || !opening) {
    const engine = engineOf(await readStored(path), encoder)
    checkSettings(path, engine.settings, settings)
    return Hosted.of(engine)
  }
  checkSettings(path, opening.settings, settings)
  return Hosted.opened(opening, async () => engineOf(await readWhole(path, front.checksum), encoder))
}

function checkSettings(path: string, found: Settings, expected: Settings): void {
  const [has, wanted] = [JSON.stringify(found), JSON.stringify(expected)]
  if (has !== wanted) throw new PalimpsestError('STATE_MISMATCH', `${path} was made with ${has}, not with ${wanted}`)
}

async function answer(request: Request): Promise<Reply> {
  const { model, name, call, more } = request
  let hosted: Hosted | undefined
  const told = () => ({
    sequence: hosted?.sequence ?? 0,
    bytes: hosted?.bytes ?? 0,
    unread: hosted?.unread ?? true,
  })
  try {
    hosted = await hostedFor(request)
    const value = await DO[name](hosted, call as never)
    if (name === 'drop') models.delete(model)
    else models.set(model, hosted)
    return { value, error: null, ...hosted.publish(more), ...told() }
  } catch (error) {
    return { value: null, error: toldOf(error), ...left(hosted, more), ...told() }
  }
}

const toldOf = (error: unknown): Reply['error'] => ({
  ours: error instanceof PalimpsestError,
  code: (error as { readonly code?: string } | null)?.code,
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
