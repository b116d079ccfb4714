#!/usr/bin/env node
import { PalimpsestError } from '../bindings/errors.ts'
import { ARTICLE_HELP, article } from './article/command.ts'
import { SELECT_HELP, select } from './article/select.ts'
import { CRASH_HELP, crash } from './crash/command.ts'
import { DATA_HELP, data } from './data.ts'
import { FUZZ_HELP, fuzz } from './fuzz/command.ts'
import { GATHERED_HELP, gathered } from './gathered/command.ts'
import { LADDER_HELP, ladder } from './ladder/command.ts'
import { UsageError } from './options.ts'
import { version } from './report.ts'
import { SERVICE_HELP, service } from './service/command.ts'
import { TENANTS_HELP, tenants } from './service/tenants.ts'
import { SOAK_HELP, soak } from './soak/command.ts'
import { SPEED_HELP, speed } from './speed/command.ts'
import { endurance, STEPS_HELP } from './speed/endurance.ts'
import { type Purpose, STREAM_HELP, streamCommand } from './streams/command.ts'
import { STREAMS } from './streams/protocols.ts'
import { RESULTS_HELP, results } from './streams/results.ts'

const HELP = `palimpsest ${version()}

  palimpsest run article   the article's experiment (what "npm run bench" does)
  palimpsest run select    the search that chose the recommended settings, on held-out training images
  palimpsest run STREAM    one task after another by any method: ${STREAMS.join(', ')}
  palimpsest tune STREAM   the search for a method's settings, on held-out training images
  palimpsest results       what was committed for all streams, beside published numbers
  palimpsest ladder        from the article's recipe to ours, one change at a time, with controls for the Fisher
  palimpsest speed         kernels and training steps against the limit of the hardware
  palimpsest steps         a million training steps, whose memory must not grow
  palimpsest crash         a classifier is killed again and again, and must have lost nothing
  palimpsest fuzz          hostile input to the addon and to every parser
  palimpsest service       what a service answers, and how late its event loop is, idle and while it learns
  palimpsest gathered      the squares that a classifier gathers against the exact Fisher, and what it does not know
  palimpsest tenants       thousands of classifiers of which few fit in memory
  palimpsest soak          things made and dropped for a long time, whose memory must not grow
  palimpsest data          fetch both data sets and say where they are

Options go after the command; --help after a command lists its own.

${[ARTICLE_HELP, SELECT_HELP, STREAM_HELP, RESULTS_HELP, LADDER_HELP, SPEED_HELP, STEPS_HELP, CRASH_HELP, FUZZ_HELP, SERVICE_HELP, TENANTS_HELP, GATHERED_HELP, SOAK_HELP, DATA_HELP].join('\n\n')}`

const streams = (purpose: Purpose) =>
  Object.fromEntries(STREAMS.map((stream) => [stream, streamCommand(stream, purpose)]))
const EXPERIMENTS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  article,
  select,
  ...streams('run'),
}
const SEARCHES = streams('tune')

/** "npm run bench -- --seeds 2" names no command, and means the article */
async function main(args: readonly string[]): Promise<void> {
  const [command, ...rest] = args
  if (command === undefined || (command.startsWith('-') && command !== '--help')) return article(args)
  switch (command) {
    case '--help':
    case 'help':
      return console.log(HELP)
    case 'run':
      return named('run', EXPERIMENTS, [ARTICLE_HELP, SELECT_HELP, STREAM_HELP], rest)
    case 'tune':
      return named('tune', SEARCHES, [STREAM_HELP], rest)
    case 'results':
      return results(rest)
    case 'ladder':
      return ladder(rest)
    case 'speed':
      return speed(rest)
    case 'steps':
      return endurance(rest)
    case 'crash':
      return crash(rest)
    case 'fuzz':
      return fuzz(rest)
    case 'service':
      return service(rest)
    case 'tenants':
      return tenants(rest)
    case 'gathered':
      return gathered(rest)
    case 'soak':
      return soak(rest)
    case 'data':
      return data(rest)
    default:
      throw new UsageError(
        `'${command}' is not a command: run, tune, results, ladder, speed, steps, crash, fuzz, service, tenants, gathered, soak, data or help`,
      )
  }
}

function named(
  command: string,
  known: typeof EXPERIMENTS,
  helps: readonly string[],
  [name = '', ...options]: readonly string[],
): Promise<void> {
  if (name === '--help') return Promise.resolve(console.log(helps.join('\n\n')))
  const experiment = known[name]
  if (!experiment) throw new UsageError(`${command}: '${name}' is not one of ${Object.keys(known).join(', ')}`)
  return experiment(options)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof UsageError) console.error(`${error.message}\nTry 'palimpsest --help'.`)
  else if (error instanceof PalimpsestError) console.error(`${error.code}: ${error.message}`)
  else console.error(error)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
