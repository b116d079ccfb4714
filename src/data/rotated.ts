import type { TrainAndTest } from './acquire.ts'
import { checkPair, invalid, mappedTask, type SampleMap, type Stream, sideOf } from './stream-task.ts'

/** What {@link rotated} takes. */
export interface RotatedOptions {
  /** degrees, counterclockwise, a task each */
  readonly angles: readonly number[]
}

/**
 * The same square images turned by an angle in each task, about their centre, bilinearly, with zeros from outside:
 * rotated MNIST (Lopez-Paz and Ranzato 2017, arXiv:1706.08840).
 * @throws PalimpsestError `INVALID_ARGUMENT` unless there are angles, all finite, the images are square and the sets fit
 * each other
 */
export function rotated(sets: TrainAndTest, { angles }: RotatedOptions): Stream {
  checkPair(sets)
  if (angles.length === 0) throw invalid('rotated: angles is empty, expected an angle a task')
  const { features } = sets.train
  const side = sideOf('rotated', features)
  for (const angle of angles)
    if (!Number.isFinite(angle)) throw invalid(`rotated: an angle is ${angle}, expected a finite number of degrees`)
  return angles.map((angle) =>
    mappedTask(
      sets,
      (of) => `${of}, turned by ${angle} degrees`,
      features,
      () => turning(side, angle),
    ),
  )
}

/** each pixel of the result is the mean of the four around where it came from, weighted by nearness, rounded if bytes */
function turning(side: number, angle: number): SampleMap {
  const { sin, cos } = turn(angle)
  const centre = (side - 1) / 2
  const [corners, weights] = [new Int32Array(4 * side * side), new Float64Array(4 * side * side)]
  for (let index = 0; index < side * side; index++) {
    const [down, right] = [Math.floor(index / side) - centre, (index % side) - centre]
    const [y, x] = [centre + sin * right + cos * down, centre + cos * right - sin * down]
    const [top, left] = [Math.floor(y), Math.floor(x)]
    for (let corner = 0; corner < 4; corner++) {
      const [row, column] = [top + (corner >> 1), left + (corner & 1)]
      if (Math.min(row, column) < 0 || Math.max(row, column) >= side) continue
      corners[4 * index + corner] = row * side + column
      weights[4 * index + corner] = (1 - Math.abs(y - row)) * (1 - Math.abs(x - column))
    }
  }
  return (inputs, from, out, to) => {
    for (let index = 0; index < side * side; index++) {
      let sum = 0
      for (let at = 4 * index; at < 4 * index + 4; at++)
        sum += (weights[at] as number) * (inputs[from + (corners[at] as number)] as number)
      out[to + index] = out instanceof Uint8Array ? Math.floor(sum + 0.5) : sum
    }
  }
}

/** Sine and cosine of degrees: by their series, since Math's bits change with the engine; exact at quarter turns. */
function turn(angle: number): { readonly sin: number; readonly cos: number } {
  const quarters = Math.round(angle / 90)
  const x = ((angle - 90 * quarters) * Math.PI) / 180
  // |x| <= pi / 4: the terms that are left out are below 1e-17
  let [sin, cos, term] = [0, 0, 1]
  for (let n = 0; n < 18; n++) {
    const sign = n % 4 < 2 ? 1 : -1
    if (n % 2 === 0) cos += sign * term
    else sin += sign * term
    term *= x / (n + 1)
  }
  const turned = [
    { sin, cos },
    { sin: cos, cos: -sin },
    { sin: -sin, cos: -cos },
    { sin: -cos, cos: sin },
  ]
  return turned[((quarters % 4) + 4) % 4] as { sin: number; cos: number }
}
