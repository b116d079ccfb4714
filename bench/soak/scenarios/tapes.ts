import { linear, Parameter, softmaxCrossEntropy, Tape } from '../../../src/autograd.ts'
import type { Scenario } from '../scenario.ts'
import { CLASSES, INPUTS, ROWS, x, y } from './data.ts'

/** a tape of its own for some steps, and for one that throws half way */
export const tapes: Scenario = {
  name: 'tapes',
  round(index) {
    const rows = ROWS - (index % 5)
    const weight = new Parameter('weight', [CLASSES, INPUTS], new Float32Array(CLASSES * INPUTS).fill(0.01))
    const bias = new Parameter('bias', [CLASSES], new Float32Array(CLASSES))
    const tape = new Tape()
    const step = (fail: boolean) =>
      tape.step(() => {
        const logits = linear(tape.input(x.subarray(0, rows * INPUTS), [rows, INPUTS]), weight, bias)
        if (fail) throw new Error('half way')
        tape.backward(softmaxCrossEntropy(logits, y.subarray(0, rows)), [weight, bias])
      })
    for (let i = 0; i < 4; i++) step(false)
    try {
      step(true)
    } catch {
      step(false)
    }
  },
}
