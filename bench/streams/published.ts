import { ARTICLE } from '../article/recipes.ts'
import type { MethodName } from './methods.ts'
import type { ProtocolName, Scenario } from './protocols.ts'

/** A number that others printed: average accuracy over the tasks, after the last. */
export interface Published {
  /** as its source calls the method */
  readonly method: string
  /** the same among ours, if there is one */
  readonly as?: MethodName
  readonly value: number
  /** as printed, with what it is the deviation of */
  readonly spread?: { readonly value: number; readonly of: 'runs' | 'mean' }
  readonly runs?: number
  /** whether it keeps samples, or a network that makes some */
  readonly keeps?: 'samples' | 'generator'
  readonly source: string
  /** what is not as in our protocol, or not as good as it looks */
  readonly differs?: string
  /** the same in a word or two, for where the number stands alone */
  readonly note?: string
}

const RTF = 'arXiv:1809.10635'
const THREE_SCENARIOS = 'arXiv:1904.07734'
const KUTALEV = 'arXiv:2109.10021, logs'
const BLOG = 'arXiv:2502.11756'
const TOO_WEAK = { note: 'lambda too small', differs: `lambda too small, as ${THREE_SCENARIOS} found` } as const

const SAME: Readonly<Record<string, MethodName>> = {
  none: 'none',
  joint: 'joint',
  EWC: 'ewc',
  'EWC stabilised': 'ewc',
  'EWC, exact': 'ewc',
  'EWC, empirical': 'ewc',
  'online EWC': 'ewc-online',
  SI: 'si',
  MAS: 'mas',
  'K-FAC': 'kfac',
  LwF: 'lwf',
}

type Shared = Pick<Published, 'runs' | 'source' | 'differs' | 'note'>

/** rows of one table of a paper */
const rows = (shared: Shared, values: Readonly<Record<string, number | readonly [number, Partial<Published>]>>) =>
  Object.entries(values).map(([method, cell]): Published => {
    const [value, more] = typeof cell === 'number' ? [cell, {}] : cell
    const as = SAME[method]
    return { method, ...(as && { as }), value, ...shared, ...more }
  })

const ofMean = (value: number): Pick<Published, 'spread'> => ({ spread: { value, of: 'mean' } })
const ofRuns = (value: number): Pick<Published, 'spread'> => ({ spread: { value, of: 'runs' } })
const generator = { keeps: 'generator' } as const
const average = ({ mnist, fashion }: (typeof ARTICLE)[keyof typeof ARTICLE]) => (mnist + fashion) / 2

const ROWS: Readonly<Partial<Record<`${ProtocolName}/${Scenario}`, readonly Published[]>>> = {
  'article/domain': rows(
    {
      runs: 1,
      source: 'the article',
      differs: '784-100-100-10 with BatchNorm, Adam 1e-4; one draw of a wide spread',
      note: 'one draw, another network',
    },
    { none: average(ARTICLE.none), EWC: average(ARTICLE.ewc) },
  ),
  'kutalev/domain': rows(
    { runs: 20, source: KUTALEV },
    {
      none: 0.475,
      EWC: [0.9505, ofRuns(0.0032)],
      'EWC stabilised': [0.951, ofRuns(0.0023)],
      SI: 0.9432,
      MAS: 0.9553,
    },
  ),
  'van-de-ven-permuted/domain': rows(
    { runs: 20, source: RTF },
    {
      none: 0.7851,
      joint: [0.9759, { keeps: 'samples' }],
      EWC: 0.9431,
      'online EWC': 0.9442,
      SI: 0.9533,
      LwF: 0.7264,
      DGR: [0.9509, generator],
    },
  ),
  'van-de-ven-split/task': [
    ...rows(
      { runs: 20, source: RTF },
      {
        none: 0.8515,
        joint: [0.9964, { keeps: 'samples' }],
        'online EWC': [0.8522, TOO_WEAK],
        SI: 0.9914,
        LwF: 0.996,
        DGR: [0.9947, generator],
      },
    ),
    ...rows(
      { runs: 20, source: THREE_SCENARIOS },
      { EWC: [0.9864, ofMean(0.0022)], 'DGR + distill': [0.9961, generator] },
    ),
    ...rows(
      { runs: 30, source: BLOG, differs: 'the best of lambdas from 1 to 10^13' },
      { 'EWC, exact': [0.9912, ofMean(0.0016)], 'EWC, empirical': [0.9912, ofMean(0.0012)] },
    ),
  ],
  'van-de-ven-split/domain': [
    ...rows(
      { runs: 20, source: RTF },
      {
        none: 0.5733,
        joint: [0.9841, { keeps: 'samples' }],
        'online EWC': [0.576, TOO_WEAK],
        SI: 0.6377,
        LwF: 0.7102,
        DGR: [0.9574, generator],
      },
    ),
    ...rows(
      { runs: 20, source: THREE_SCENARIOS },
      { EWC: [0.6395, ofMean(0.019)], 'DGR + distill': [0.9683, generator] },
    ),
  ],
  'van-de-ven-split/class': [
    ...rows(
      { runs: 20, source: RTF },
      {
        none: 0.199,
        joint: [0.9793, { keeps: 'samples' }],
        'online EWC': [0.199, TOO_WEAK],
        SI: 0.2004,
        LwF: 0.2417,
        DGR: [0.9124, generator],
      },
    ),
    ...rows(
      { runs: 20, source: THREE_SCENARIOS },
      {
        EWC: [0.2001, ofMean(0.0006)],
        'DGR + distill': [0.9179, generator],
        iCaRL: [0.9457, { keeps: 'samples', differs: 'quoted at second hand' }],
      },
    ),
  ],
  'ritter-50/domain': rows(
    {
      source: 'arXiv:1805.07810',
      differs: 'its abstract says "over 90"; its budget is not known to us',
      note: '"over 90"',
    },
    { 'K-FAC': 0.9 },
  ),
}

/** What others printed for a protocol and scenario, or the nearest to it; empty where nothing comparable is known. */
export const publishedOf = (protocol: ProtocolName, scenario: Scenario): readonly Published[] =>
  ROWS[`${protocol}/${scenario}`] ?? []
