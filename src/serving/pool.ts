import { Host } from './host.ts'

/** So many workers; one that died is replaced when its place is needed. */
export class Pool {
  readonly #hosts: Host[]

  constructor(workers: number) {
    this.#hosts = Array.from({ length: workers }, () => new Host())
  }

  /** the living one with the fewest models */
  host(): Host {
    this.#hosts.forEach((host, index) => {
      if (host.dead) this.#hosts[index] = new Host()
    })
    return this.#hosts.reduce((least, host) => (host.models < least.models ? host : least))
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close()))
  }
}
