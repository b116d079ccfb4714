import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import type { Parameter } from '../tensor/parameter.ts'

/**
 * The mean of the weights over some steps, such as those of a task's last epoch (Polyak and Juditsky 1992; Izmailov et al.
 * 2018, arXiv:1803.05407, equation 1). Training at a constant rate goes on walking about its minimum: the mean is nearer to
 * it. docs/methods.md says what that gains. Running statistics of BatchNorm are no parameters, and stay those of the last
 * step.
 */
export class WeightAverage {
  readonly #parameters: readonly Parameter[]
  readonly #sums: readonly Float64Array[]
  #count = 0

  /** Of these parameters' values at each `add`. */
  constructor(parameters: readonly Parameter[]) {
    this.#parameters = parameters
    this.#sums = parameters.map(({ size }) => new Float64Array(size))
  }

  /** how many were added since the last `apply` */
  get count(): number {
    return this.#count
  }

  /** Adds the parameters as they are now. */
  add(): void {
    this.#parameters.forEach(({ data }, index) => {
      native.accumulate(data, this.#sums[index] as Float64Array)
    })
    this.#count++
  }

  /** Puts the mean in the parameters' place, and begins anew. @throws PalimpsestError `EMPTY_SET` when none was added */
  apply(): void {
    if (this.#count === 0) throw new PalimpsestError('EMPTY_SET', 'apply: nothing was added to the average')
    this.#parameters.forEach(({ data }, index) => {
      const sums = this.#sums[index] as Float64Array
      for (let i = 0; i < data.length; i++) data[i] = (sums[i] as number) / this.#count
      sums.fill(0)
    })
    this.#count = 0
  }
}
