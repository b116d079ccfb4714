import { decodeSafetensors, encodeSafetensors, type Stored } from '../../../src/persistence/safetensors.ts'
import { edit } from './edit.ts'

const TEXTS = [
  ...['', 'null', '{', '[]', '{}', 'true', '"x"', '__proto__', '0', '-1', '1.5', '2', '7', '300', '9007199254740993'],
  ...[
    'NaN',
    'Infinity',
    '1e400',
    '-0',
    '1e308',
    '0,0,0,0',
    '0,3',
    '1,0',
    '1',
    '[[0,"a"],[1,"b"]]',
    '[[0,"a"],[2,"b"]]',
  ],
  ...[
    '[[0,"a"],[1,"a"]]',
    '[[0,"a"],[1,"b"],[2,"a"]]',
    '[[0,"a"],[1,"b"],[1,"c"]]',
    '[[2,"a"],[1,"b"],[0,"c"]]',
    '["\\ud800"]',
    '["id"]',
    '{"outputs":1e99}',
    '{"outputs":2}',
    '9'.repeat(400),
  ],
]
/** the first of a change of a text; what is below changes an array, as `edit` has it */
const TEXT = 128

/** a script that changes nothing, and something with any byte of it changed: arrays and texts that change places with themselves */
export const NOTHING: readonly number[] = [8, 0, 0, 0, 131, 0, 0, 0, 8, 1, 1, 0]

/**
 * What a file holds, changed by every four bytes of the script: an array, or a text among the metadata. It has gone through
 * the bytes of a file, whose checksum is right.
 */
export function editStored({ tensors, metadata }: Stored, script: Uint8Array): Stored {
  const steps = Array.from({ length: Math.floor(script.length / 4) }, (_, step) =>
    script.subarray(4 * step, 4 * step + 4),
  )
  const held = Object.entries(tensors).map(([name, { data }]) => [name, data as Float64Array] as const)
  const state = { method: '', numbers: {}, arrays: Object.fromEntries(held) }
  const { arrays } = edit(state, Buffer.concat(steps.filter(([what = 0]) => what < TEXT)))
  const texts: Record<string, string> = { ...metadata }
  for (const step of steps.filter(([what = 0]) => what >= TEXT)) changeText(texts, step)
  const changed = Object.entries(arrays).map(([name, data]) => {
    const shape = tensors[name]?.data.length === data.length ? tensors[name].shape : [data.length]
    return [name, { shape, data }] as const
  })
  const parts = encodeSafetensors({ tensors: Object.fromEntries(changed), metadata: texts })
  return decodeSafetensors(new Uint8Array(Buffer.concat(parts)))
}

function changeText(texts: Record<string, string>, [what = 0, which = 0, where = 0, value = 0]: Uint8Array): void {
  const names = Object.keys(texts)
  const name = names[which % Math.max(names.length, 1)] ?? 'none'
  const text = texts[name] ?? ''
  const at = where % (text.length + 1)
  const letter = String.fromCharCode(0x20 + (value % 95))
  switch (what % 6) {
    case 0:
      texts[name] = TEXTS[value % TEXTS.length] as string
      break
    case 1:
      delete texts[name]
      break
    case 2:
      texts[name] = text.slice(0, at) + letter + text.slice(at + 1)
      break
    case 3:
      texts[name] = text.slice(0, at) + letter + text.slice(at)
      break
    case 4:
      texts[name] = text.slice(0, at) + text.slice(at + 1 + (value % 4))
      break
    default: {
      const other = names[where % Math.max(names.length, 1)] ?? 'none'
      texts[name] = texts[other] ?? text
      texts[other] = text
    }
  }
}
