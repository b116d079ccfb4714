import type { Report } from '../report.ts'
import type { Found } from './print.ts'

export function speedPage(_found: readonly Found[], _result: Report): string {
  return ''
}
