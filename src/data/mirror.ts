import { reasonOf, type Source, type SourceContext } from './sources.ts'

/** How long a mirror may take to answer, and then to send its next bytes, in milliseconds. */
export interface Patience {
  readonly answer: number
  readonly stall: number
}

const PATIENCE: Patience = { answer: 5_000, stall: 30_000 }

/**
 * `<base>/<file>.gz` by HTTPS (by HTTP from this machine alone). A mirror that cannot be reached once is not asked
 * again.
 */
export function mirrorSource(base: string, patience: Patience = PATIENCE): Source {
  const url = new URL(base.endsWith('/') ? base : `${base}/`)
  const name = url.href
  let unreachable: string | null = isAllowed(url) ? null : 'it is neither https nor on this machine'
  return {
    name,
    local: false,
    async open(file, context) {
      if (unreachable !== null) throw new Error(unreachable)
      const watch = watchdog(context.signal)
      watch.expect(patience.answer, 'it did not answer')
      let response: Response
      try {
        response = await fetch(new URL(`${file}.gz`, url), {
          signal: watch.signal,
          redirect: 'error',
          headers: { 'accept-encoding': 'identity' },
        })
      } catch (error) {
        watch.stop()
        unreachable = reasonOf(error)
        throw error
      }
      if (!response.ok || response.body === null) {
        watch.stop()
        await response.body?.cancel()
        throw new Error(`it answered ${response.status} ${response.statusText}`.trimEnd())
      }
      const total = contentLength(response)
      const report = (bytes: number): void => context.report({ file: `${file}.gz`, source: name, bytes, total })
      return { chunks: received(response.body, watch, patience.stall, report), size: total }
    },
  }
}

async function* received(
  body: AsyncIterable<Uint8Array>,
  watch: Watchdog,
  stall: number,
  report: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  try {
    watch.expect(stall, 'it stopped sending')
    for await (const chunk of body) {
      watch.expect(stall, 'it stopped sending')
      bytes += chunk.length
      report(bytes)
      yield chunk
    }
  } finally {
    watch.stop()
  }
}

interface Watchdog {
  readonly signal: AbortSignal
  /** Aborts the signal unless it is called again, or stopped, within the time. */
  expect(milliseconds: number, otherwise: string): void
  stop(): void
}

function watchdog(outer: SourceContext['signal']): Watchdog {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  return {
    signal: AbortSignal.any([outer, controller.signal]),
    expect(milliseconds, otherwise) {
      clearTimeout(timer)
      const reason = new Error(`${otherwise} within ${milliseconds / 1000} s`)
      timer = setTimeout(() => controller.abort(reason), milliseconds)
    },
    stop: () => clearTimeout(timer),
  }
}

function isAllowed(url: URL): boolean {
  if (url.protocol === 'https:') return true
  return url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
}

/** Null where it is not said, or is said of other bytes than those that arrive. */
function contentLength(response: Response): number | null {
  const encoding = response.headers.get('content-encoding') ?? 'identity'
  const length = Number(response.headers.get('content-length') ?? Number.NaN)
  return encoding === 'identity' && Number.isSafeInteger(length) && length >= 0 ? length : null
}
