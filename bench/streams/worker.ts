import { answerFor } from '../crew/worker.ts'
import { run } from './run.ts'

await answerFor(run)
