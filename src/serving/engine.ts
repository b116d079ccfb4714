import { PalimpsestError } from '../../bindings/errors.ts'
import { native } from '../../bindings/native.ts'
import { checkBoundedRows } from '../nn/rows.ts'
import { logitsOf } from './logits.ts'
import { type Parts, partsOf } from './parts.ts'
import type { Resumable } from './published.ts'
import type { Outcome } from './scoreboard.ts'
import { invalid, type Settings, text } from './settings.ts'
import type { Published } from './slots.ts'
import { lossOf } from './temperature.ts'
import type { Receipt, Report } from './types.ts'

/** what was published makes of rows before they are learnt */
interface Predicted {
  readonly outcomes: readonly Outcome[]
  /** undivided, of the rows whose class was there; [outcomes, classes] */
  readonly logits: Float32Array | null
  readonly columns: readonly number[]
  readonly classes: number
  /** rows whose class was not there */
  readonly firsts: number
}

/** All that a classifier knows and does, in one thread and at once; `ContinualClassifier` has it work in another. */
export class Engine {
  readonly settings: Settings
  readonly parts: Parts
  #sequence: number
  #published: Published | null = null
  #fitted = 1

  constructor(settings: Settings, sequence = 0) {
    this.settings = settings
    this.parts = partsOf(settings)
    this.#sequence = sequence
  }

  /** changes so far */
  get sequence(): number {
    return this.#sequence
  }

  /** of the state */
  get bytes(): number {
    return this.parts.model.bytes
  }

  learn(x: Float32Array, labels: readonly string[], id?: string): Receipt {
    const { names, ids, model, drift } = this.parts
    if (id !== undefined && text('id', id) === '') throw invalid('id is empty')
    const rows = this.#check(x, labels)
    if (id !== undefined && ids.has(id)) return { sequence: this.#sequence, learnt: false }
    const seen = this.#predicted(x, rows, labels)
    const numbers = names.numbersFor(labels)
    const span = numbers.reduce((most, number) => Math.max(most, number + 1), names.span)
    model.learn(x, numbers, span)
    names.keep(labels, numbers)
    this.#count(seen)
    drift.add(x)
    if (id !== undefined) this.#remember(id)
    return this.#changed()
  }

  consolidate(x: Float32Array | null, labels: readonly string[]): Receipt {
    if (x) this.#check(x, labels)
    else if (labels.length > 0) throw invalid('consolidate: there are labels without rows')
    if (this.parts.names.labels.length === 0) throw new PalimpsestError('EMPTY_SET', 'nothing was learnt yet')
    this.parts.model.consolidate(x, this.#known(labels))
    return this.#changed()
  }

  forget(x: Float32Array, labels: readonly string[]): Receipt {
    this.#check(x, labels)
    const { names, model, drift } = this.parts
    model.forget(x, this.#known(labels))
    drift.add(x, -1)
    for (const label of new Set(labels)) if (!model.has(names.numberOf(label) as number)) this.#drop(label)
    return this.#changed()
  }

  removeClass(label: string): Receipt {
    const [number] = this.#known([label])
    this.parts.model.removeClass(number as number)
    this.#drop(label)
    this.parts.drift.reset()
    return this.#changed()
  }

  /** What was published last, where it is not had from the model at no cost; what its logits were divided by. */
  get answering(): Resumable | null {
    if (this.parts.model.live || !this.#published) return null
    return { published: this.#published, fitted: this.#fitted }
  }

  /** Goes on with what was published before. */
  resume({ published, fitted }: Resumable): void {
    this.#published = published
    this.#fitted = fitted
  }

  /** What answers from now on; null while no class is there. */
  publish(): Published | null {
    const { names, model, temperature, threshold } = this.parts
    if (!model.live && this.#published?.sequence === this.#sequence) return this.#published
    if (names.labels.length === 0) {
      this.#published = null
      this.#fitted = 1
      return null
    }
    const { layers, columns } = model.layers()
    const last = layers.at(-1) as (typeof layers)[number]
    this.#fitted = temperature.value
    const scaled = [last.weight, last.bias].map((array) => {
      const out = new Float32Array(array.length)
      native.scale(array, 1 / this.#fitted, out)
      return out
    })
    this.#published = {
      layers: [...layers.slice(0, -1), { ...last, weight: scaled[0] as Float32Array, bias: scaled[1] as Float32Array }],
      labels: columns.map((column) => names.labelOf(column) as string),
      threshold: threshold.value,
      sequence: this.#sequence,
    }
    return this.#published
  }

  report(probe?: { readonly x: Float32Array; readonly labels: readonly string[] }): Report {
    const { names, model, scoreboard, drift } = this.parts
    if (probe) this.#check(probe.x, probe.labels)
    const published = this.publish()
    return {
      sequence: this.#sequence,
      overall: scoreboard.overall(),
      classes: Object.fromEntries(
        names.labels.map((label) => [label, scoreboard.score(names.numberOf(label) as number)]),
      ),
      firsts: scoreboard.firsts,
      temperature: this.#fitted,
      threshold: published?.threshold ?? 0,
      estimatedRise: model.estimatedRise(),
      probe: probe ? this.#probed(probe.x, probe.labels) : null,
      drift: { ...drift.report(), recentAccuracy: scoreboard.recentAccuracy },
      bytes: this.bytes,
    }
  }

  #probed(x: Float32Array, labels: readonly string[]) {
    this.#known(labels)
    const { outcomes } = this.#predicted(x, labels.length, labels)
    const count = labels.length
    const right = outcomes.filter(({ label, answer }) => label === answer).length
    return { accuracy: right / count, loss: outcomes.reduce((sum, { logLoss }) => sum + logLoss, 0) / count, count }
  }

  /** what the published state makes of rows whose classes it has */
  #predicted(x: Float32Array, rows: number, labels: readonly string[]): Predicted {
    // a network's hidden layers are those that learn: with them goes the last one as it is now
    const published = (this.parts.model.live ? null : this.#published) ?? this.publish()
    const columnOf = new Map(published?.labels.map((label, column) => [label, column]))
    const chosen = labels.flatMap((label, row) => (columnOf.has(label) ? [row] : []))
    const [C, I] = [published?.labels.length ?? 0, this.settings.inputs]
    if (!published || chosen.length === 0) return { outcomes: [], logits: null, columns: [], classes: C, firsts: rows }
    const known = new Float32Array(chosen.length * I)
    chosen.forEach((row, index) => {
      known.set(x.subarray(row * I, (row + 1) * I), index * I)
    })
    const logits = logitsOf(published.layers, known, chosen.length)
    const [logP, p] = [new Float32Array(logits.length), new Float32Array(logits.length)]
    native.logSoftmax(chosen.length, C, logits, logP)
    native.softmax(chosen.length, C, logits, p)
    const answers = new Uint32Array(chosen.length)
    native.argmax(chosen.length, C, logits, answers)
    const columns = chosen.map((row) => columnOf.get(labels[row] as string) as number)
    const numberOf = (column: number) => this.parts.names.numberOf(published.labels[column] as string) as number
    const outcomes = columns.map((column, index): Outcome => {
      const answer = answers[index] as number
      return {
        label: numberOf(column),
        answer: numberOf(answer),
        probability: p[index * C + answer] as number,
        logLoss: lossOf(logP[index * C + column] as number),
      }
    })
    // as they would be undivided
    native.scale(logits, this.#fitted, logits)
    return { outcomes, logits, columns, classes: C, firsts: rows - chosen.length }
  }

  #count({ outcomes, logits, columns, classes, firsts }: Predicted): void {
    const { scoreboard, temperature, threshold } = this.parts
    scoreboard.add(outcomes, firsts)
    if (!logits) return
    temperature.add(logits, columns, classes)
    threshold.add(outcomes.map(({ probability }) => probability))
  }

  #remember(id: string): void {
    const { ids } = this.parts
    ids.add(id)
    for (const oldest of ids) {
      if (ids.size <= this.settings.rememberedIds) break
      ids.delete(oldest)
    }
  }

  #drop(label: string): void {
    const { names, scoreboard } = this.parts
    scoreboard.remove(names.numberOf(label) as number)
    names.drop(label)
    this.#published = null
  }

  #changed(): Receipt {
    this.#sequence++
    return { sequence: this.#sequence, learnt: true }
  }

  #known(labels: readonly string[]): number[] {
    return labels.map((label) => {
      const number = this.parts.names.numberOf(label)
      if (number === undefined) throw invalid(`class '${label}' was not learnt`)
      return number
    })
  }

  #check(x: Float32Array, labels: readonly string[]): number {
    const rows = checkBoundedRows(x, this.settings.inputs)
    if (!Array.isArray(labels)) throw invalid('labels is no array of texts')
    if (labels.length !== rows)
      throw new PalimpsestError('LENGTH', `there are ${labels.length} labels for ${rows} rows`)
    for (const label of labels) if (text('a label', label) === '') throw invalid('a label is empty')
    return rows
  }
}
