import { expect, it } from 'vitest'
import { CHROMIUM } from './browser.ts'
import { palimpsest } from './command.ts'
import { describeReport } from './shown.ts'

it.runIf(process.env.CI)('finds a Chromium', () => {
  expect(CHROMIUM, 'install chromium (apt-get install chromium) or say where it is with CHROMIUM').not.toBeNull()
})

describeReport({
  name: 'article',
  write(folder) {
    const { status, stderr } = palimpsest('--quick', '--seeds', '2', '--out', folder)
    expect(status, stderr).toBe(0)
  },
  titles: [
    'Both accuracies, after both tasks',
    'Accuracy on both tasks while the second is learnt',
    'How far parameters moved, against their Fisher',
    'The first layer, pixel by pixel',
    'The first layer, unit by unit',
    'Both accuracies against lambda',
    'On how many digits each unit fires, before and after',
    'Average accuracy, rung by rung',
  ],
})
