import { Analytic } from '../../../src/continual/index.ts'
import type { Scenario } from '../scenario.ts'
import { INPUTS, x, y } from './data.ts'

/** sums that learn, answer, forget, and are restored elsewhere */
export const analytic: Scenario = {
  name: 'analytic',
  round(index) {
    const features = index % 2 === 0 ? 0 : 128
    const all = new Analytic({ inputs: INPUTS, features, seed: index })
    all.learn(x, y)
    all.predict(x)
    const other = new Analytic({ inputs: INPUTS, features, seed: index })
    other.restore(all.state())
    other.forget(x.subarray(0, INPUTS), y.subarray(0, 1))
    other.predict(x)
  },
}
