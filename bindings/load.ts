import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { PalimpsestError } from './errors.ts'
import { require } from './here.ts'
import { instantiate } from './wasm.ts'

type Call = (...args: unknown[]) => unknown
/** what the addon exports, or its twin for WebAssembly */
export type Exports = Record<string, Call>
/** one place where it may be; throws where it is not */
export type Attempt = () => unknown

// every path is spelled out, for tools that follow files: from the sources and from dist/, beside a bundle, and from a
// bundle whose node_modules are still there
const BUILT: readonly Attempt[] = [
  () => require('../build/Release/palimpsest.node'),
  () => require('../../build/Release/palimpsest.node'),
]
const PREBUILT: Readonly<Record<string, readonly Attempt[]>> = {
  'linux-x64': [
    () => require('../prebuilds/linux-x64/palimpsest.node'),
    () => require('../../prebuilds/linux-x64/palimpsest.node'),
    () => require('./prebuilds/linux-x64/palimpsest.node'),
    () => require('palimpsest/prebuilds/linux-x64/palimpsest.node'),
  ],
  'linux-arm64': [
    () => require('../prebuilds/linux-arm64/palimpsest.node'),
    () => require('../../prebuilds/linux-arm64/palimpsest.node'),
    () => require('./prebuilds/linux-arm64/palimpsest.node'),
    () => require('palimpsest/prebuilds/linux-arm64/palimpsest.node'),
  ],
}
const fallback = (path: string) => instantiate(readFileSync(path))
export const FALLBACK: readonly Attempt[] = [
  () => fallback(require.resolve('../prebuilds/palimpsest.wasm')),
  () => fallback(require.resolve('../../prebuilds/palimpsest.wasm')),
  () => fallback(require.resolve('./prebuilds/palimpsest.wasm')),
  () => fallback(require.resolve('palimpsest/prebuilds/palimpsest.wasm')),
]

/** musl is named at the head of a program that it runs; an addon for glibc may load there, and crash */
function runsOnMusl(): boolean {
  const head = Buffer.alloc(4096)
  const file = openSync(process.execPath, 'r')
  try {
    readSync(file, head)
  } finally {
    closeSync(file)
  }
  return head.includes('/ld-musl-')
}

function addonsFor(platform: string): readonly Attempt[] {
  const built = PREBUILT[platform] ?? [
    () => {
      throw new Error(`no prebuilt addon for ${platform}`)
    },
  ]
  if (!platform.startsWith('linux') || !runsOnMusl()) return [...BUILT, ...built]
  return [
    ...BUILT,
    () => {
      throw new Error('the prebuilt addon is for glibc, and this Node runs on musl')
    },
  ]
}

const REMEDY = `What helps:
  an installed package: install it again, whole; it carries the addon for Linux on x64 and arm64, and a slower one in
    WebAssembly for everywhere else
  a clone: run 'npm run build:native' in its folder; that needs a C++20 compiler and CMake
  a bundle: leave 'palimpsest' out of it, or copy the package's folder 'prebuilds' beside it`

/** the first line says all, but for where it was looked up from */
const firstLine = (error: unknown) => String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''

/**
 * The exports of the first addon that loads, else of the fallback, of which `onFallback` hears why.
 * @throws PalimpsestError ADDON_MISSING with every attempt and what helps
 */
export function loadFirst(
  addons: readonly Attempt[],
  fallbacks: readonly Attempt[],
  onFallback: (why: string) => void,
): Exports {
  const failures: string[] = []
  const list = () => failures.map((failure) => `  ${failure}\n`).join('')
  for (const [index, attempt] of [...addons, ...fallbacks].entries()) {
    try {
      const found = attempt() as Exports
      if (index >= addons.length && addons.length > 0) onFallback(list())
      return found
    } catch (error) {
      failures.push(firstLine(error))
    }
  }
  throw new PalimpsestError('ADDON_MISSING', `no addon loaded:\n${list()}${REMEDY}`)
}

function warn(why: string): void {
  // workers load it too: one of a process is enough
  if (!isMainThread) return
  process.emitWarning(
    `palimpsest computes in WebAssembly, with the same results and several times slower, since no addon loaded:\n${why}${REMEDY}`,
    { type: 'PalimpsestWarning', code: 'PALIMPSEST_SLOW' },
  )
}

/** PALIMPSEST_ISA=wasm asks for the fallback; it has a portable table, too, but that of the addon is meant */
export function load(isa: string | undefined = process.env.PALIMPSEST_ISA): Exports {
  const addons = isa === 'wasm' ? [] : addonsFor(`${process.platform}-${process.arch}`)
  return loadFirst(addons, FALLBACK, warn)
}
