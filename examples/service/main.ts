import { HELP, optionsOf } from './options.ts'
import { serviceOf } from './server.ts'

// what is under way when it is told to end gets so long, in milliseconds
const DRAIN = 10_000

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2))
  if (options === 'help') return console.log(HELP)
  const app = await serviceOf(options)
  // no one but this machine: it knows no callers apart
  console.log(`listens at ${await app.listen({ host: '127.0.0.1', port: options.port })}`)

  let ending = false
  const end = async (signal: string) => {
    if (ending) return
    ending = true
    console.log(`${signal}: answers what came, saves and ends`)
    setTimeout(() => process.exit(1), DRAIN).unref()
    await app.close()
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      end(signal).catch(failed)
    })
}

function failed(error: unknown): void {
  const { code, message } = error as { code?: string; message?: string }
  console.error(code === undefined ? error : `${code}: ${message}`)
  process.exitCode = 1
}

main().catch(failed)
