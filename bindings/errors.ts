/**
 * Every code that a {@link PalimpsestError} can carry, with what it means. Codes are stable; messages are not.
 * @enum
 */
export const ERROR_CODES = {
  ADDON_MISSING: 'the compiled addon, or what its threads run, was not found or did not load',
  ALIASED: 'an output overlaps an input in a way that would corrupt the result',
  CLOSED: 'a classifier or store is used after it was closed',
  DATA_CORRUPT: 'a file of a data set does not have the expected checksum',
  DATA_MALFORMED: 'bytes are not a valid IDX file, or images and labels do not belong together',
  DATA_MISSING: 'no source could supply a data set',
  DETACHED_BUFFER: 'a typed array has lost its memory to a transfer',
  DTYPE: 'a typed array has the wrong element type',
  EMPTY_SET: 'a set or batch holds no sample',
  ENCODER_MISMATCH: 'a classifier was learnt from rows of another encoder than the one named',
  INVALID_ARGUMENT: 'an argument or option has the wrong type or lies outside its range',
  ISA_UNSUPPORTED: 'PALIMPSEST_ISA or a caller names kernels that cannot run on this processor',
  LABEL_OUT_OF_RANGE: 'a label is not below the number of classes',
  LENGTH: 'a typed array does not have the length that its shape demands',
  LOCKED: 'another process, or this one, has this open',
  NON_FINITE: 'a loss, a gradient or an input is NaN or infinite where only numbers make sense',
  NOT_POSITIVE_DEFINITE: 'a matrix to be factored is singular or indefinite: more ridge, or other samples, may help',
  NO_SQUARED_GRADIENT: 'an operation has no sum over samples of squared gradients',
  OUT_OF_MEMORY: 'the system or the engine has no memory for an array: nothing was changed',
  OVERLOADED: 'too much is waiting already, or too much memory is in use: nothing was done',
  PARAMETER_REUSED: 'a parameter is used twice in a graph whose squared gradients are wanted',
  PENALTY_POWERLESS: 'a penalty is asked for and cannot act on the given parameters',
  PENALTY_UNSTABLE: 'the step is too long for the penalty: it would diverge',
  PRIVACY: 'a method would store samples where that is forbidden',
  SHAPE: 'shapes do not fit each other',
  STATE_MALFORMED: 'a file is not a valid state: truncated, altered, or never one',
  STATE_MISMATCH: 'a file is a valid state, of another model, method, optimizer or set of options',
  STATE_MISSING: 'there is no file where a state was to be read',
  STATE_VERSION: 'a file has a format version that this release does not read',
  TAPE_MISUSE: 'tensors of different tapes meet, or a tape is used inside its own step',
  TENSOR_RELEASED: 'a tensor is used after the step that made it',
  UNSUPPORTED: 'a method or an optimizer cannot do what is asked for',
  WORKER_DIED: 'the thread that held a model has ended: what it published stands, what was not saved is lost',
} as const

/** A key of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES

/** The one error class: a stable `code`, and a message naming the argument, what came and what was expected. */
export class PalimpsestError extends Error {
  /** tells it from other errors in logs */
  override readonly name = 'PalimpsestError'
  /** what went wrong, for programs */
  readonly code: ErrorCode

  /** `options.cause` is the error beneath, where there is one */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
