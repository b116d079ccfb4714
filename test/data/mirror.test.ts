import type { RequestListener } from 'node:http'
import { basename } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { acquire } from '../../src/data/acquire.ts'
import { mirrorSource, type Patience } from '../../src/data/mirror.ts'
import type { LoadProgress } from '../../src/data/sources.ts'
import { failure, namesOf, serve, temporaryFolder, tinySet } from './fixtures.ts'

const { entry, files } = tinySet()
const impatient = { answer: 250, stall: 250 }

/** Serves the tiny set; `before` may answer instead. */
function listener(before: RequestListener = () => {}, headers: Record<string, string> = {}): RequestListener {
  return (request, response) => {
    before(request, response)
    if (response.headersSent || response.writableEnded || request.destroyed) return
    const raw = files.get(basename(request.url ?? '', '.gz'))
    if (raw === undefined) return void response.writeHead(404).end()
    const bytes = gzipSync(raw)
    response.writeHead(200, { 'content-length': bytes.length, ...headers }).end(bytes)
  }
}

async function missing(url: string, patience?: Patience): Promise<string> {
  const run = acquire(entry, await temporaryFolder(), [mirrorSource(url, patience)])
  return (await failure(run, 'DATA_MISSING')).message
}

describe('mirrorSource', () => {
  it('downloads a set and reports how far it is', async () => {
    const url = await serve(listener())
    const events: LoadProgress[] = []
    const onProgress = (event: LoadProgress): number => events.push(event)
    const { train } = await acquire(entry, await temporaryFolder(), [mirrorSource(url)], { onProgress })
    expect(train.count).toBe(6)
    for (const name of namesOf(entry)) {
      const total = gzipSync(files.get(name) ?? '').length
      const last = events.findLast(({ file }) => file === `${name}.gz`)
      expect(last).toEqual({ file: `${name}.gz`, source: url, bytes: total, total })
    }
  })

  it('reports no total where the server does not say it', async () => {
    const chunked: RequestListener = (request, response) => {
      response.writeHead(200)
      response.write(gzipSync(files.get(basename(request.url ?? '', '.gz')) ?? ''))
      response.end()
    }
    const totals = new Set<number | null>()
    const onProgress = ({ total }: LoadProgress): unknown => totals.add(total)
    await acquire(entry, await temporaryFolder(), [mirrorSource(await serve(chunked))], { onProgress })
    expect([...totals]).toEqual([null])
  })

  it('takes a body that the server declares as encoded', async () => {
    const url = await serve(listener(undefined, { 'content-encoding': 'gzip' }))
    expect((await acquire(entry, await temporaryFolder(), [mirrorSource(url)])).test.count).toBe(2)
  })

  it('goes on to the next mirror when one breaks off', async () => {
    const breaking = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write(Buffer.of(0x1f, 0x8b), () => response.destroy())
    })
    const sources = [mirrorSource(breaking), mirrorSource(await serve(listener()))]
    expect((await acquire(entry, await temporaryFolder(), sources)).train.count).toBe(6)
  })

  it('says what went wrong', async () => {
    const answer = async (run: RequestListener, patience?: Patience): Promise<string> =>
      missing(await serve(run), patience)
    expect(await answer((_, response) => response.writeHead(503).end())).toContain(
      'it answered 503 Service Unavailable',
    )
    expect(await answer((_, response) => response.end('<html>'))).toContain('it is not an IDX file')
    expect(await answer((_, response) => response.writeHead(302, { location: '/other' }).end())).toContain('redirect')
    expect(await answer(() => {}, impatient)).toContain('it did not answer within 0.25 s')
    expect(await answer((_, response) => void response.write('\x1f'), impatient)).toContain(
      'it stopped sending within 0.25 s',
    )
    expect(await missing('http://example.org/')).toContain('it is neither https nor on this machine')
  })

  it('asks a mirror that did not answer only once', async () => {
    let asked = 0
    const url = await serve(() => asked++)
    const mirror = mirrorSource(url, impatient)
    const context = { signal: new AbortController().signal, report: () => {} }
    for (const name of namesOf(entry)) await expect(mirror.open(name, context)).rejects.toThrow()
    expect(asked).toBe(1)
  })

  it('ends a download when the signal aborts', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    let closed: (() => void) | undefined
    const gone = new Promise<void>((done) => {
      closed = done
    })
    const url = await serve((request, response) => {
      response.writeHead(200)
      response.write(Buffer.of(0x1f, 0x8b))
      request.socket.once('close', () => closed?.())
    })
    const onProgress = (): void => controller.abort(reason)
    const run = acquire(entry, await temporaryFolder(), [mirrorSource(url)], { signal: controller.signal, onProgress })
    await expect(run).rejects.toBe(reason)
    await gone
  })
})
