import { SMALL, stepFlops } from './inside.ts'
import { type Peak, peakRatios } from './kernels.ts'
import { type Entry, figureOf, type Section } from './section.ts'
import { stepSubject } from './step.ts'

export const STEP_BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const
export const WIDTHS = [10, 20, 50, 100, 200, 500, 1000, 2000] as const

/** How a step grows: with the batch, on the small network, and with the width of its hidden layer. */
export function scaling(peaks: readonly Peak[]): Section {
  const [inputs, , classes] = SMALL.sizes as [number, number, number]
  return {
    id: 'scaling',
    title: 'Steps of other sizes',
    sentence: `Samples a second that a step on one thread learns: ${SMALL.name} at every batch, 784-width-10 at batch ${SMALL.batch}.`,
    entries: [
      ...STEP_BATCHES.map((batch) => entry(`scaling/batch/${batch}`, SMALL.sizes, batch, peaks)),
      ...WIDTHS.map((width) => entry(`scaling/width/${width}`, [inputs, width, classes], SMALL.batch, peaks)),
    ],
  }
}

function entry(name: string, sizes: readonly number[], batch: number, peaks: readonly Peak[]): Entry {
  return {
    name,
    subjects: [stepSubject(name, sizes, batch), ...peaks.map(({ subject }) => subject)],
    figures: (samples) => [
      ...figureOf(
        name,
        (samples.get(name) ?? []).map(({ seconds }) => batch / seconds),
        { unit: 'samples/s', better: 'higher', params: { sizes, batch } },
      ),
      ...figureOf(
        `${name}/bound-ratio`,
        peakRatios(samples, name, stepFlops(sizes, batch), peaks).map((share) => 1 / share),
        { unit: 'ratio', better: 'lower' },
      ),
    ],
  }
}
