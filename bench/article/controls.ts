import { Ewc, type EwcOptions } from '../../src/continual/ewc.ts'
import { type Diagonal, fisherDiagonal } from '../../src/continual/fisher.ts'
import { withUnitFloor } from '../../src/continual/floor.ts'
import type { Method, Task } from '../../src/continual/method.ts'
import type { Classifier, Mode } from '../../src/nn/module.ts'
import type { Quadratic } from '../../src/optim/optimizer.ts'
import type { Parameter } from '../../src/tensor/parameter.ts'
import { Random } from '../../src/tensor/random.ts'
import type { Matrix } from '../../src/tensor/shape.ts'
import type { Tensor } from '../../src/tensor/tensor.ts'

/** What stands in for the Fisher, so that what the Fisher knows can be told from what any penalty does. */
export const STAND_INS = {
  /** 1 everywhere: L2 to the old weights; wants a lambda of its own */
  ones: (fisher: Diagonal): Diagonal => mapValues(fisher, (values) => new Float32Array(values.length).fill(1)),
  /** the Fisher's mean over all parameters, everywhere: the same lambda and the same total precision */
  mean(fisher: Diagonal): Diagonal {
    const all = [...fisher.values()]
    const count = all.reduce((total, { length }) => total + length, 0)
    const mean = all.reduce((total, values) => values.reduce((sum, value) => sum + value, total), 0) / count
    return mapValues(fisher, (values) => new Float32Array(values.length).fill(mean))
  },
  /** the Fisher's own values, each parameter's elements in an order drawn by the seed */
  shuffled: (fisher: Diagonal, random: Random): Diagonal =>
    mapValues(fisher, (values) => {
      const order = random.shuffle(Uint32Array.from(values, (_, index) => index))
      return Float32Array.from(order, (from) => values[from] as number)
    }),
} as const

export type StandIn = keyof typeof STAND_INS

const mapValues = (diagonal: Diagonal, change: (values: Float32Array) => Float32Array): Diagonal =>
  new Map([...diagonal].map(([parameter, values]) => [parameter, change(values)]))

/** EWC with something else in the place of the exact Fisher and its floor. */
export class StandInEwc implements Method {
  readonly storesSamples = false
  readonly name = 'ewc'
  readonly #standIn: StandIn
  readonly #ewc: Ewc

  constructor(standIn: StandIn, options: EwcOptions) {
    this.#standIn = standIn
    this.#ewc = new Ewc(options)
  }

  consolidate({ model, set, random }: Task): void {
    const fisher = withUnitFloor(fisherDiagonal(model, set, { estimator: 'exact', random }), this.#ewc.floor)
    this.#ewc.add(STAND_INS[this.#standIn](fisher, Random.from(model.seed, 'stand-in')))
  }

  quadratic(parameters: readonly Parameter[]): Quadratic | null {
    return this.#ewc.quadratic(parameters)
  }
}

/** A network whose first layer can be taken out of training: the second task then learns on the first one's features. */
export class FirstLayerFreezable implements Classifier {
  readonly inputs: number
  readonly outputs: number
  readonly seed: number
  readonly #model: Classifier
  #frozen = false

  constructor(model: Classifier) {
    this.#model = model
    this.inputs = model.inputs
    this.outputs = model.outputs
    this.seed = model.seed
  }

  forward(x: Tensor<Matrix>, mode: Mode): Tensor<Matrix> {
    return this.#model.forward(x, mode)
  }

  parameters(): readonly Parameter[] {
    const all = this.#model.parameters()
    return this.#frozen ? all.filter(({ name }) => !name.startsWith('layers.0.')) : all
  }

  freeze(): void {
    this.#frozen = true
  }
}
