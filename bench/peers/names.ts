import type { Form } from '../speed/shapes.ts'

/** The networks that are compared: their sizes, and the batch of their step. */
export const NETS = [
  { name: '784-100-10', sizes: [784, 100, 10], batch: 100 },
  { name: '784-1000-1000-10', sizes: [784, 1000, 1000, 10], batch: 256 },
] as const

export type Net = (typeof NETS)[number]

export const BATCHES: readonly number[] = [1, 8, 32, 100, 256, 1024]

/** samples of a loop over samples: its time is multiplied up to that of all */
export const LOOP_SAMPLES = 300

/** What the name of a subject says. */
export type Named =
  | { readonly kind: 'step'; readonly net: Net; readonly batch: number }
  | { readonly kind: 'inference'; readonly net: Net; readonly batch: number }
  | { readonly kind: 'fisher'; readonly net: Net; readonly estimator: 'exact' | 'empirical'; readonly loop: boolean }
  | { readonly kind: 'gemm'; readonly m: number; readonly n: number; readonly k: number; readonly form: Form }

const FISHERS = {
  exact: { estimator: 'exact', loop: false },
  empirical: { estimator: 'empirical', loop: false },
  loop: { estimator: 'exact', loop: true },
  'loop-empirical': { estimator: 'empirical', loop: true },
} as const

/** null when it is not the name of something that we do as well */
export function parseName(name: string): Named | null {
  const [kind, first = '', second = '', third] = name.split('/')
  if (kind === 'gemm') {
    const [m = 0, n = 0, k = 0] = (/^(\d+)x(\d+)x(\d+)$/.exec(first) ?? []).slice(1).map(Number)
    if (m * n * k === 0 || !/^(nt|nn|tn)$/.test(second) || third !== undefined) return null
    return { kind, m, n, k, form: second as Form }
  }
  const net = NETS.find((one) => one.name === first)
  if (!net) return null
  if (kind === 'fisher') {
    const fisher = Object.hasOwn(FISHERS, second) ? FISHERS[second as keyof typeof FISHERS] : null
    return fisher && { kind, net, ...fisher }
  }
  const batch = Number(second)
  if (!Number.isInteger(batch) || batch < 1) return null
  if (kind === 'step') return batch === net.batch ? { kind, net, batch } : null
  return kind === 'inference' && batch <= (BATCHES.at(-1) as number) ? { kind, net, batch } : null
}
