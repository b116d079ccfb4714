import { parseArgs } from 'node:util'
import type { ClassifierOptions } from 'palimpsest/serving'

/** What the service is started with; the command line has a flag for each. */
export interface ServiceOptions {
  /** 0: any that is free */
  readonly port: number
  /** where it saves, and what it goes on from */
  readonly file: string
  readonly classifier: ClassifierOptions
  /** calls that may wait before one is refused with 429 */
  readonly maxPending: number
  /** a request's body, in bytes: parsing JSON holds up all other requests, some 10 ms a MB */
  readonly bodyLimit: number
  /** saves after so many changes, and no change stays unsaved longer than that */
  readonly saveEvery: number
  readonly saveSeconds: number
}

export const HELP = `node dist/examples/service/main.js, or npm run example:service -- with

  --port N            on 127.0.0.1 (default 3000)
  --file FILE         where it saves, and what it goes on from (default classifier.safetensors)
  --inputs N          numbers a row (default 784)
  --encoder NAME      what makes the rows: refused when the file was learnt from another's
  --model KIND        analytic (default) or network
  --features N        analytic: random features of a row (default 0: the rows themselves)
  --hidden N          network: units of a hidden layer (repeat for more; default 100)
  --method NAME       network: ewc (default), si, mas, kfac, lwf or none
  --lambda N          network: weight of the method's penalty
  --max-pending N     calls that may wait (default 256)
  --body-limit N      bytes of a request (default 1048576)
  --save-every N      changes until it saves by itself (default 100)
  --save-seconds N    longest that a change stays unsaved (default 5)`

/** @throws TypeError for an option that there is not; values are checked where they are used. */
export function optionsOf(args: readonly string[]): ServiceOptions | 'help' {
  const text = (value: string) => ({ type: 'string', default: value }) as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: text('3000'),
      file: text('classifier.safetensors'),
      inputs: text('784'),
      encoder: text(''),
      model: text('analytic'),
      features: text('0'),
      hidden: { type: 'string', multiple: true, default: ['100'] },
      method: text('ewc'),
      lambda: { type: 'string' },
      'max-pending': text('256'),
      'body-limit': text(String(2 ** 20)),
      'save-every': text('100'),
      'save-seconds': text('5'),
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const { inputs, encoder, model, features, hidden, method, lambda } = values
  const network = {
    kind: 'network',
    hidden: hidden.map(Number),
    method: method as 'ewc',
    ...(lambda === undefined ? {} : { lambda: Number(lambda) }),
  } as const
  return {
    port: Number(values.port),
    file: values.file,
    classifier: {
      inputs: Number(inputs),
      encoder,
      // an unknown kind is refused by the classifier
      model:
        model === 'network' ? network : { kind: model as 'analytic', features: Number(features), removable: false },
    },
    maxPending: Number(values['max-pending']),
    bodyLimit: Number(values['body-limit']),
    saveEvery: Number(values['save-every']),
    saveSeconds: Number(values['save-seconds']),
  }
}
