import { spawnSync } from 'node:child_process'
import { projectFile } from '../project.ts'

export type Variant = 'dataloader' | 'memory'

export interface Versions {
  readonly python: string
  readonly torch: string
  /** of PyTorch's own kernels */
  readonly threads: number
}

/** What article.py prints: test accuracies after both tasks, and the seconds of training and registration. */
export interface PythonRun extends Versions {
  readonly variant: Variant
  readonly epochs: number
  readonly seconds: number
  readonly mnist: number
  readonly fashion: number
}

export interface PythonOptions {
  readonly data: string
  readonly variant: Variant
  readonly epochs: number
  /** how many of each training set; null: all */
  readonly images: number | null
  /** 0: PyTorch's default */
  readonly threads: number
  readonly seed: number
}

/** Why there is nothing to compare with, and what to do about it. */
export class Missing extends Error {}

const TORCH_MISSING = 3

/** @throws Missing when there is no such Python, or no PyTorch in it */
export const versionsOf = (python: string): Versions => fieldsOf(call(python, ['--versions']))

/** @throws Missing as {@link versionsOf}, and when the program fails */
export function runPython(python: string, options: PythonOptions): PythonRun {
  const { images, ...always } = options
  const given = Object.entries(images === null ? always : { ...always, images })
  return parseRun(
    call(
      python,
      given.flatMap(([name, value]) => [`--${name}`, String(value)]),
    ),
  )
}

/** One line of JSON. @throws Error when it is not what article.py prints */
export function parseRun(text: string): PythonRun {
  const run = fieldsOf<PythonRun>(text)
  for (const name of ['epochs', 'threads', 'seconds', 'mnist', 'fashion'] as const)
    if (!Number.isFinite(run[name])) throw new Error(`article.py: ${name} is ${run[name]}, expected a number`)
  if (!(run.seconds > 0)) throw new Error(`article.py: seconds is ${run.seconds}, expected more than 0`)
  return run
}

function fieldsOf<T extends Versions>(text: string): T {
  const line = text.trim().split('\n').at(-1) ?? ''
  const fields = JSON.parse(line) as T
  if (typeof fields.torch !== 'string' || typeof fields.python !== 'string')
    throw new Error(`article.py printed '${line}', expected its versions`)
  return fields
}

function call(python: string, options: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync(python, [projectFile('bench/peers/article.py'), ...options], {
    encoding: 'utf8',
  })
  if (error) throw new Missing(`${python} does not start (${error.message}); name another with --python`)
  if (status === TORCH_MISSING)
    throw new Missing(`${python} has no PyTorch; 'pip install torch' brings it, --python names another`)
  if (status !== 0) throw new Missing(`article.py failed with '${stderr.trim().split('\n').at(-1)}'`)
  return stdout
}
