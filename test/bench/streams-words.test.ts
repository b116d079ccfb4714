import { describe, expect, it } from 'vitest'
import { rowsOf } from '../../bench/streams/figures.ts'
import { changed, changeOf } from '../../bench/streams/given.ts'
import { spaced } from '../../bench/streams/page/lines.ts'
import { meanMatrix } from '../../bench/streams/page/matrices.ts'
import { commandOf } from '../../bench/streams/parts.ts'
import { PROTOCOL_NAMES, protocolOf } from '../../bench/streams/protocols.ts'
import { publishedOf } from '../../bench/streams/published.ts'
import { chosen } from '../../bench/streams/settings.ts'
import { targetsOf } from '../../bench/streams/targets.ts'
import { bytesText, minutes, settingsText } from '../../bench/streams/words.ts'
import { record } from './stream-records.ts'

describe('published numbers', () => {
  const places = PROTOCOL_NAMES.flatMap((protocol) =>
    protocolOf(protocol).scenarios.map((scenario) => ({ protocol, scenario })),
  )

  it.each(places)('of $protocol, $scenario are accuracies with a source', ({ protocol, scenario }) => {
    for (const { value, source, spread, as } of publishedOf(protocol, scenario)) {
      expect(value).toBeGreaterThan(0.1)
      expect(value).toBeLessThan(1)
      expect(source).not.toBe('')
      if (spread) expect(spread.value).toBeLessThan(0.05)
      if (as === 'joint') expect(value).toBe(Math.max(...publishedOf(protocol, scenario).map((one) => one.value)))
    }
    const { diagonal, best } = targetsOf(protocol, scenario)
    for (const target of [diagonal, best]) if (target) expect(target.stretch).toBeGreaterThan(target.required)
  })

  it('are those of the papers', () => {
    const of = (...place: Parameters<typeof publishedOf>) =>
      Object.fromEntries(publishedOf(...place).map(({ method, value }) => [method, value]))
    expect(of('kutalev', 'domain')).toMatchObject({ EWC: 0.9505, MAS: 0.9553, none: 0.475 })
    expect(of('van-de-ven-split', 'domain')).toMatchObject({ EWC: 0.6395, LwF: 0.7102, joint: 0.9841 })
    expect(of('van-de-ven-split', 'class')).toMatchObject({ EWC: 0.2001, 'DGR + distill': 0.9179, iCaRL: 0.9457 })
    expect(of('van-de-ven-permuted', 'domain')).toMatchObject({ 'online EWC': 0.9442, SI: 0.9533, joint: 0.9759 })
    expect(of('article', 'domain').EWC).toBeCloseTo(0.76715, 12)
  })
})

describe('words', () => {
  it('of settings, bytes and seconds', () => {
    expect(settingsText({ lambda: 3, reset: true, classPerTask: false, laterSchedule: 'linearDecay' })).toBe(
      'lambda 3, reset, no class per task, later schedule linear decay',
    )
    expect([0, 900, 1200, 636_080, 32_000_000].map(bytesText)).toEqual([
      'nothing',
      '900 B',
      '1.2 KB',
      '636 KB',
      '32 MB',
    ])
    expect([2.94, 75.2, 620].map(minutes)).toEqual(['2.9 s', '75 s', '10.3 min'])
  })

  it('of the command that makes a row again', () => {
    const [row] = rowsOf([
      record({ method: 'ewc', settings: { lambda: 3 } }),
      record({ method: 'ewc', settings: { lambda: 3 }, seed: 4 }),
    ])
    expect(commandOf(row as never)).toBe(
      `npm run bench -- run mnist-fashion --protocol article --scenario domain --method ewc --seeds 4 --set '{"lambda":3,"floor":null,"floorUnits":null,"reset":null,"laterRate":null,"laterSchedule":null}'`,
    )
    // which gives the settings of the row, and no others
    const [, set = ''] = /--set '(.*)'/.exec(commandOf(row as never)) ?? []
    expect(changed(chosen('article', 'domain', 'ewc').settings, changeOf(set))).toEqual({ lambda: 3 })
    const [quick] = rowsOf([record({ part: 'quick', share: 0.05 })])
    expect(commandOf(quick as never)).toMatch(/--seeds 1 --quick --share 0.05$/)
  })
})

describe('pictures', () => {
  it('of matrices are means over seeds', () => {
    const runs = [record({ accuracy: [[1], [0.5, 0.25]] }), record({ accuracy: [[0.5], [0.5, 0.75]] })]
    expect(meanMatrix({ runs })).toEqual([[0.75], [0.5, 0.5]])
  })

  it('keep the names of lines apart, those that meet around their middle', () => {
    const places = (...values: number[]) =>
      spaced(
        values.map((value) => ({ value })),
        0.1,
      ).map(({ place }) => place)
    expect(places(0.2, 0.9)).toEqual([0.9, 0.2])
    const near = places(0.5, 0.5, 0.9)
    expect(near).toEqual([0.9, 0.55, 0.45].map((place) => expect.closeTo(place, 12)))
    // the middle of the lower two comes too near to the highest
    const [high = 0, ...low] = places(0.685, 0.58, 0.5)
    expect(high).toBeCloseTo((0.685 + 0.58 + 0.5) / 3 + 0.1, 12)
    expect(low).toEqual([high - 0.1, high - 0.2].map((place) => expect.closeTo(place, 12)))
    const chain = places(0.5, 0.56, 0.62)
    expect(chain).toEqual([0.66, 0.56, 0.46].map((place) => expect.closeTo(place, 12)))
  })
})
