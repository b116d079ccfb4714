import { Tape } from '../../src/autograd.ts'
import type { LwfOptions } from '../../src/continual/lwf.ts'
import type { Method } from '../../src/continual/method.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import type { Classifier } from '../../src/nn/module.ts'
import { Random } from '../../src/tensor/random.ts'
import { logSoftmax } from '../nn/float64.ts'
import { blobs, inputsOf, nudge } from '../toy.ts'
import { lived } from './loop.ts'

export const set = blobs({ count: 11, features: 6, classes: 4 })
export const [x, y] = [inputsOf(set), set.labels]
export const task = (model: Classifier) => ({ model, set, batchSize: 10, batches: null, random: Random.from(1) })

/** of another life than it had: the running statistics too */
export const makeModel = (batchNorm = false, sizes = [6, 7, 4]) => lived(new Mlp(sizes, { seed: 2, batchNorm }))
export const moved = (model: Mlp) => {
  nudge(model.parameters(), Random.from(9), 0.3)
  const random = Random.from(8)
  for (const { runningMean } of model.norms) runningMean.set(runningMean.map((mean) => mean + 0.3 * random.uniform()))
  return model
}

/** the term on the batch, and with `gradients` what it writes into the parameters */
export function termOf(method: Method, model: Classifier, labels = y): number | null {
  const tape = new Tape()
  return tape.step(() => {
    const input = tape.input(x, [11, 6])
    const logits = model.forward(input, 'training')
    const term = method.lossTerm?.({ model, x: input, y: labels, logits }, tape) ?? null
    if (term) tape.backward(term, model.parameters())
    return term?.item() ?? null
  })
}

export type Rows = readonly (readonly number[])[]

/** lambda T^2 mean over b of sum over c of -q_c log p_c, in float64, over some classes */
export function written(old: Rows, now: Rows, { lambda = 1, temperature = 2 }: LwfOptions, from = 0, to = 99): number {
  const cool = (row: readonly number[]) => logSoftmax(row.slice(from, to).map((value) => value / temperature))
  const each = now.map((row, b) => {
    const logQ = cool(old[b] as number[])
    return cool(row).reduce((total, logP, c) => total - Math.exp(logQ[c] as number) * logP, 0)
  })
  return (lambda * temperature ** 2 * each.reduce((a, b) => a + b, 0)) / each.length
}
