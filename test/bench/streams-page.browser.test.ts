import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { palimpsest } from './command.ts'
import { describeReport } from './shown.ts'

// so many that no figure hangs by its axis, whose ticks follow the times of the runs
const METHODS = ['none', 'joint', 'ewc', 'ewc-online', 'si', 'replay'].flatMap((method) => ['--method', method])

describeReport({
  name: 'streams',
  write(folder) {
    const args = ['run', 'rotated-mnist', '--quick', '--seeds', '2', ...METHODS, '--out', folder]
    const { status, stdout, stderr } = palimpsest(...args)
    expect(status, stderr).toBe(0)
    const page = readFileSync(join(folder, 'index.html'), 'utf8').replaceAll(/data:image[^"]*/g, '')
    for (const [cell] of stdout.matchAll(/\.\d{4} ± \.\d{4}/g)) expect(page).toContain(cell)
    expect(page).toContain('These accuracies say nothing about the methods')
    expect(page).not.toMatch(/NaN|undefined|<script|https?:\/\/(?!www\.w3\.org)/)
    const { runs } = JSON.parse(readFileSync(join(folder, 'rotated-mnist.json'), 'utf8')) as { runs: unknown[] }
    expect(runs).toHaveLength(12)
  },
  titles: [
    'Average accuracy, domain-incremental',
    'Accuracy matrices, domain-incremental',
    'Accuracy on the first task, domain-incremental',
    'Time and memory, domain-incremental',
  ],
})
