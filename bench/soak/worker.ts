import { parentPort, workerData } from 'node:worker_threads'
import { Adam, Learner, Mlp } from '../../src/index.ts'
import { CLASSES, INPUTS, x, y } from './scenarios/data.ts'

const learner = new Learner(new Mlp([INPUTS, 200, CLASSES]), { optimizer: new Adam() })
learner.step(x, y)
parentPort?.postMessage('at work')
for (let step = 0; step < workerData.steps; step++) learner.step(x, y)
