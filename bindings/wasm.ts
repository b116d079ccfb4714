import { type ErrorCode, PalimpsestError } from './errors.ts'
import { type Growing, Memory, type View } from './wasm-memory.ts'

type Call = (...args: unknown[]) => unknown
type Import = (...args: number[]) => unknown

// Node has it, and neither its types nor the language's say so
declare const WebAssembly: {
  readonly Module: {
    new (bytes: Uint8Array): object
    imports(module: object): { readonly module: string; readonly name: string }[]
  }
  readonly Instance: new (
    module: object,
    imports: Record<string, Record<string, Import>>,
  ) => { readonly exports: object }
}

interface Exports {
  readonly memory: Growing
  readonly __heap_base: { readonly value: number }
  readonly __stack_pointer: { value: number }
  readonly __indirect_function_table: { get(index: number): (environment: number, info: number) => number }
  _initialize(): void
  napi_register_wasm_v1(environment: number, exports: number): number
}

/** in the order of Node-API's numbers for them */
const ARRAYS = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
]
const TYPES = ['undefined', 'null', 'boolean', 'number', 'string', 'symbol', 'object', 'function', 'external', 'bigint']
const OK = 0
const REFUSED = 1

/** the class of a typed array, undefined of anything else, a proxy too */
const arrayName: () => string | undefined = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get as () => string | undefined

function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer)
    return false
  } catch {
    return true
  }
}

/** the C++ function that is running, and its values: nothing, its arguments, then what it made; C++ holds their indices */
interface Frame {
  readonly data: number
  readonly count: number
  readonly values: unknown[]
}

/**
 * The exports of the addon, compiled for WebAssembly: the same C++ checks the same arguments and refuses in the same
 * words, on as much of Node-API as it uses. They may not call each other.
 * @throws PalimpsestError when there is no memory for them
 */
export function instantiate(bytes: Uint8Array): Record<string, Call> {
  const module = new WebAssembly.Module(bytes)
  const exported: Record<string, Call> = {}
  let frame: Frame = { data: 0, count: 0, values: [undefined, exported] }
  // until the module is there
  let [exports, memory] = [undefined as unknown as Exports, undefined as unknown as Memory]

  const value = (handle: number) => frame.values[handle]
  const give = (result: number, made: unknown) => {
    memory.setWord(result, frame.values.push(made) - 1)
    return OK
  }
  const say = (result: number, truth: boolean) => {
    memory.bytes[result] = Number(truth)
    return OK
  }

  function run(callback: number, data: number, args: unknown[]): unknown {
    const stack = exports.__stack_pointer.value
    frame = { data, count: args.length, values: [undefined, ...args] }
    try {
      const answer = exports.__indirect_function_table.get(callback)(0, 0)
      memory.copyBack()
      return value(answer)
    } finally {
      // a refusal leaves C++ from its middle
      exports.__stack_pointer.value = stack
      memory.forget()
      frame = { ...frame, values: [] }
    }
  }

  // Node-API's functions, each with the environment first
  const imports: Record<string, Import> = {
    allocate: (size = 0) => memory.allocate(size),
    environment: (name = 0) => {
      const text = process.env[memory.text(name)]
      if (text === undefined) return 0
      const encoded = new TextEncoder().encode(text)
      const address = memory.allocate(encoded.length + 1)
      memory.setText(address, encoded)
      return address
    },
    place: (handle = 0, written = 0) => memory.place(value(handle) as View, written !== 0, frame.values),
    refuse: (code = 0, message = 0) => {
      throw new PalimpsestError(memory.text(code) as ErrorCode, memory.text(message))
    },

    napi_get_cb_info(_, __, count = 0, to = 0, self = 0, data = 0) {
      const room = memory.word(count)
      for (let index = 0; index < room && to !== 0; index++)
        if (index < frame.count) memory.setWord(to + 4 * index, index + 1)
        else give(to + 4 * index, undefined)
      memory.setWord(count, frame.count)
      if (self !== 0) give(self, undefined)
      if (data !== 0) memory.setWord(data, frame.data)
      return OK
    },
    napi_create_function(_, __, ___, callback = 0, data = 0, result = 0) {
      return give(result, (...args: unknown[]) => run(callback, data, args))
    },
    napi_set_property(_, object = 0, key = 0, to = 0) {
      Reflect.set(value(object) as object, value(key) as string, value(to))
      return OK
    },
    napi_set_named_property(_, object = 0, key = 0, to = 0) {
      Reflect.set(value(object) as object, memory.text(key), value(to))
      return OK
    },
    napi_set_element(_, object = 0, index = 0, to = 0) {
      Reflect.set(value(object) as object, index, value(to))
      return OK
    },
    napi_create_array: (_, result = 0) => give(result, []),
    napi_create_double: (_, number = 0, result = 0) => give(result, number),
    napi_create_uint32: (_, number = 0, result = 0) => give(result, number >>> 0),
    napi_create_string_utf8: (_, text = 0, length = 0, result = 0) =>
      give(result, memory.text(text, length === -1 ? undefined : length)),
    napi_get_boolean: (_, truth = 0, result = 0) => give(result, truth !== 0),
    napi_get_undefined: (_, result = 0) => give(result, undefined),

    napi_typeof(_, handle = 0, result = 0) {
      memory.setWord(result, TYPES.indexOf(value(handle) === null ? 'null' : typeof value(handle)))
      return OK
    },
    napi_is_array: (_, handle = 0, result = 0) => say(result, Array.isArray(value(handle))),
    napi_is_typedarray: (_, handle = 0, result = 0) => say(result, arrayName.call(value(handle)) !== undefined),
    napi_is_detached_arraybuffer: (_, handle = 0, result = 0) => say(result, isDetached(value(handle) as ArrayBuffer)),
    napi_get_array_length(_, handle = 0, result = 0) {
      memory.setWord(result, (value(handle) as unknown[]).length)
      return OK
    },
    napi_get_value_double(_, handle = 0, result = 0) {
      const number = value(handle)
      if (typeof number !== 'number') return REFUSED
      memory.setNumber(result, number)
      return OK
    },
    napi_get_value_bool(_, handle = 0, result = 0) {
      const truth = value(handle)
      return typeof truth === 'boolean' ? say(result, truth) : REFUSED
    },
    napi_get_value_string_utf8(_, handle = 0, to = 0, room = 0, length = 0) {
      const text = new TextEncoder().encode(value(handle) as string)
      const taken = to === 0 ? text : text.subarray(0, Math.max(room - 1, 0))
      if (to !== 0) memory.setText(to, taken)
      if (length !== 0) memory.setWord(length, taken.length)
      return OK
    },
    napi_get_typedarray_info(_, handle = 0, type = 0, length = 0, data = 0, buffer = 0, offset = 0) {
      const view = value(handle)
      const name = arrayName.call(view)
      if (name === undefined) return REFUSED
      const array = view as View
      const index = ARRAYS.indexOf(name)
      if (type !== 0) memory.setWord(type, index < 0 ? ARRAYS.length : index)
      if (length !== 0) memory.setWord(length, array.length)
      // `place` knows it
      if (data !== 0) memory.setWord(data, 0)
      if (buffer !== 0) give(buffer, array.buffer)
      if (offset !== 0) memory.setWord(offset, array.byteOffset)
      return OK
    },
  }

  const wanted: Record<string, Record<string, Import>> = {}
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    wanted[from] ??= {}
    wanted[from][name] =
      imports[name] ??
      (() => {
        throw new Error(`WebAssembly asked for ${from}.${name}, which it should not need`)
      })
  }
  exports = new WebAssembly.Instance(module, wanted).exports as Exports
  memory = new Memory(exports.memory, exports.__heap_base.value)
  exports._initialize()
  exports.napi_register_wasm_v1(0, 1)
  memory.forget()
  return exported
}
