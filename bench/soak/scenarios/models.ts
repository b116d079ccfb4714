import { Adam, Ewc, Learner, Mlp } from '../../../src/index.ts'
import type { Scenario } from '../scenario.ts'
import { CLASSES, INPUTS, set, x, y } from './data.ts'

/** a network of new sizes each time, trained, consolidated, trained on, grown */
export const models: Scenario = {
  name: 'models',
  round(index) {
    const model = new Mlp([INPUTS, 100 + (index % 7) * 16, CLASSES], { seed: index, batchNorm: index % 2 === 1 })
    const method = new Ewc({ lambda: 1 })
    const learner = new Learner(model, { optimizer: new Adam(), method })
    learner.step(x, y)
    learner.consolidate(set)
    learner.step(x, y)
    const grown = model.grown(CLASSES + 1 + (index % 3))
    method.restore(grown.parameters(), method.state(model.parameters()))
    new Learner(grown, { optimizer: new Adam(), method }).step(x, y)
  },
}
