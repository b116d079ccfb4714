import { Session } from 'node:inspector'

/** Which code ran, of this process's own compiled sources. */
export class Coverage {
  readonly #session = new Session()
  readonly #seen = new Set<string>()

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** how many different stretches of code have ever run */
  get stretches(): number {
    return this.#seen.size
  }

  /** those that ran since the last call and never before */
  fresh(): ReadonlySet<string> {
    const fresh = this.#ran().filter((stretch) => !this.#seen.has(stretch))
    for (const stretch of fresh) this.#seen.add(stretch)
    return new Set(fresh)
  }

  /** which of these ran since the last call */
  among(stretches: ReadonlySet<string>): readonly string[] {
    return this.#ran().filter((stretch) => stretches.has(stretch))
  }

  #ran(): string[] {
    const ran: string[] = []
    // it answers before post returns
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error) throw error
      for (const { scriptId, url, functions } of taken.result) {
        if (!/\/dist\/(src|bindings)\//.test(url)) continue
        // a loop that runs twice as often as ever before has done something new
        for (const { ranges } of functions)
          for (const { count, startOffset, endOffset } of ranges)
            if (count > 0) ran.push(`${scriptId}:${startOffset}:${endOffset}:${Math.ceil(Math.log2(count))}`)
      }
    })
    return ran
  }

  stop(): void {
    this.#session.disconnect()
  }
}
