export type { StoredNumbers } from './dtypes.ts'
export { type ReadOptions, readStored, writeAtomically } from './file.ts'
export {
  decodeSafetensors,
  type EncodeOptions,
  encodeSafetensors,
  type Stored,
  type StoredTensor,
} from './safetensors.ts'
export { loadStateDict } from './state-dict.ts'
