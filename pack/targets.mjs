// What is compiled for which platform, and how. The tables' flags are those of CMakeLists.txt.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './zig.mjs'

const sources = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.cpp'))
    .map((name) => `${folder}/${name}`)

const BINDINGS = ['bindings/addon.cpp', 'bindings/args.cpp', ...sources('bindings/calls')]
const KERNELS = ['native/dispatch.cpp', 'native/parallel.cpp', 'native/scratch.cpp', 'native/isa/portable.cpp']

const FLAGS = [
  ...'-std=c++20 -O3 -g0 -Wall -Wextra -Wconversion -Wno-sign-conversion -Werror'.split(' '),
  ...'-ffp-contract=off -fno-math-errno -fno-trapping-math -fvisibility=hidden'.split(' '),
  ...'-isystem node_modules/node-addon-api -isystem node_modules/node-api-headers/include'.split(' '),
  ...'-DNAPI_VERSION=9 -DNODE_API_NO_EXTERNAL_BUFFERS_ALLOWED'.split(' '),
]
const ADDON = [...'-fPIC -pthread -DNAPI_CPP_EXCEPTIONS -DNODE_ADDON_API_CPP_EXCEPTIONS_ALL'.split(' ')]
const LINK = ['-shared', '-s', '-pthread', '-Wl,-z,nodelete', '-Wl,--version-script=pack/exports.map']

const addon = (processor, define, tables) => ({
  sources: [...BINDINGS, ...KERNELS, 'native/pool.cpp', ...Object.keys(tables)],
  // the glibc of 2012: older than any that runs Node 20
  flags: ['-target', `${processor}-linux-gnu.2.17`, ...FLAGS, ...ADDON, `-D${define}`],
  own: { ...tables, 'native/isa/portable.cpp': ['-O2'] },
  link: LINK,
})

const MODULE = ['-msimd128', '-fno-exceptions', '-DNAPI_DISABLE_CPP_EXCEPTIONS', '-Dgetenv=palimpsest_getenv']
const EXPORTS = '--import-symbols,--export-table,--export=__stack_pointer,--export=__heap_base'

/** by the file in prebuilds/ */
export const TARGETS = {
  'linux-x64/palimpsest.node': addon('x86_64', 'PALIMPSEST_X86', {
    'native/isa/avx2.cpp': ['-mavx2', '-mfma'],
    'native/isa/avx512.cpp': '-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma'.split(' '),
  }),
  'linux-arm64/palimpsest.node': addon('aarch64', 'PALIMPSEST_ARM', { 'native/isa/neon.cpp': [] }),
  'palimpsest.wasm': {
    sources: [...BINDINGS, ...KERNELS, 'native/isa/wasm.cpp', ...sources('native/wasm')],
    flags: ['-target', 'wasm32-wasi', ...FLAGS, ...MODULE, '-O2'],
    own: {},
    link: ['-s', '-mexec-model=reactor', `-Wl,${EXPORTS},--export=napi_register_wasm_v1`],
  },
}
