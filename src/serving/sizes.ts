import { PalimpsestError } from '../../bindings/errors.ts'
import { triangle } from '../continual/analytic-heads.ts'
import type { Settings } from './settings.ts'

/**
 * Before anything is made by settings out of a file: the file itself holds arrays of the sizes that they name, so that no
 * small file takes much memory.
 * @param lengthOf - how many numbers the file holds by this name
 * @throws PalimpsestError `STATE_MALFORMED`
 */
export function checkSizes({ inputs, model }: Settings, lengthOf: (name: string) => number): void {
  const demand = (name: string, sound: boolean): void => {
    if (!sound)
      throw new PalimpsestError(
        'STATE_MALFORMED',
        `${name} has ${lengthOf(name)} numbers, which are not of the settings`,
      )
  }
  demand('drift/sum', lengthOf('drift/sum') === inputs)
  if (model.kind === 'network') {
    const sizes = [inputs, ...model.hidden, lengthOf(`model/weights/layers.${model.hidden.length}.bias`)]
    sizes.slice(1).forEach((size, index) => {
      const name = `model/weights/layers.${index}.weight`
      demand(name, size > 0 && lengthOf(name) === size * (sizes[index] as number))
    })
  } else {
    const grams = model.removable ? lengthOf('model/counts') : 1
    demand('model/gram', lengthOf('model/gram') === grams * triangle(model.features || inputs))
  }
}
