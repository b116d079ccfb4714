import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SingleBar } from 'cli-progress'
import {
  type LabelledSet,
  type LoadProgress,
  loadFashionMnist,
  loadMnist,
  subset,
  union,
} from '../../src/data/index.ts'
import { type Part, partOf } from '../part.ts'
import type { Sets } from './run.ts'

/** Loads both sets, with a bar for downloads on a terminal. */
export async function loadSets(part: Part): Promise<Sets> {
  const { onProgress, stop } = downloadBar()
  try {
    const mnist = partOf(await loadMnist({ onProgress }), part)
    const fashion = partOf(await loadFashionMnist({ onProgress }), part)
    const joint = union(mnist.train, fashion.train)
    // the tasks become views of their union, so that the 94 MB they came in can go
    const view = (train: LabelledSet, from: number) => ({
      ...subset(joint, { from, to: from + train.count }),
      name: train.name,
    })
    return {
      mnist: { train: view(mnist.train, 0), test: mnist.test },
      fashion: { train: view(fashion.train, mnist.train.count), test: fashion.test },
      joint,
    }
  } finally {
    setImmediate(collect)
    stop()
  }
}

/** V8 does not see the memory behind shared arrays, and would keep what is unreachable while this thread waits */
function collect(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

function downloadBar(): { onProgress: (progress: LoadProgress) => void; stop: () => void } {
  if (!process.stderr.isTTY) return { onProgress: () => {}, stop: () => {} }
  const bar = new SingleBar({
    format: 'downloading {file} from {source} |{bar}| {value}/{total} bytes',
    clearOnComplete: true,
    stream: process.stderr,
  })
  let current = ''
  return {
    onProgress({ file, source, bytes, total }) {
      if (file !== current) bar.start(total ?? bytes, bytes, { file, source })
      else bar.update(bytes)
      current = file
    },
    stop: () => bar.stop(),
  }
}
