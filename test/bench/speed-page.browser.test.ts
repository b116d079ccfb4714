import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeReport } from './shown.ts'
import { drawn } from './speed-report.ts'

describeReport({
  name: 'speed',
  write: async (folder) => writeFileSync(join(folder, 'index.html'), await drawn()),
  titles: [
    'Share of the FMA peak that each product reaches',
    'A training step, part by part',
    'How much faster several threads are',
    'What threads cost beside 8 busy processes',
    'A step as its batch grows',
    'A step as its network widens',
    'Microseconds a row, 784-100-10',
    'Microseconds a row, 784-1000-1000-10',
    'Products, against other libraries',
    'Steps and Fisher, against other libraries',
  ],
})
