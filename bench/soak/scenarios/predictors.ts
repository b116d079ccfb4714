import { Mlp } from '../../../src/index.ts'
import type { Scenario } from '../scenario.ts'
import { CLASSES, INPUTS, x } from './data.ts'

const model = new Mlp([INPUTS, 256, CLASSES], { seed: 1 })

/** frozen copies that answer for one row and for many, and a row that is refused */
export const predictors: Scenario = {
  name: 'predictors',
  round() {
    const predictor = model.freeze()
    for (let row = 0; row < 20; row++) predictor.predict(x.subarray(row * INPUTS, (row + 1) * INPUTS))
    predictor.predict(x)
    try {
      predictor.predict(new Float32Array(INPUTS).fill(NaN))
    } catch {
      predictor.predict(x)
    }
  },
}
