import { malformed, quoted } from './dtypes.ts'

// of keys in one object: far above any model, far below what would fill memory
const MOST_KEYS = 65_536
const WHOLE = /(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y
const SPACE = /[ \t\n\r]*/y

/**
 * Reads the JSON of a header, which has few forms, from left to right and refuses any other: JSON.parse would first build
 * whatever a hostile header describes, and keep the last of two equal keys.
 */
export class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** an object: `each` reads the value of a key; a key that comes twice is refused */
  object(each: (key: string) => void): void {
    const keys = new Set<string>()
    this.#take('{')
    if (this.#maybe('}')) return
    do {
      const key = this.string()
      if (keys.has(key)) throw malformed(`the header has ${quoted(key)} twice`)
      if (keys.size === MOST_KEYS) throw malformed(`the header has an object of more than ${MOST_KEYS} keys`)
      keys.add(key)
      this.#take(':')
      each(key)
    } while (this.#maybe(','))
    this.#take('}')
  }

  /** an array of whole numbers, `most` at most */
  wholes(most: number): number[] {
    const values: number[] = []
    this.#take('[')
    if (this.#maybe(']')) return values
    do {
      if (values.length === most) throw malformed(`the header has an array of more than ${most} numbers`)
      values.push(this.#whole())
    } while (this.#maybe(','))
    this.#take(']')
    return values
  }

  string(): string {
    this.#take('"')
    const start = this.#at
    let escaped = false
    for (let code = this.#code(); code !== 0x22; code = this.#code()) {
      // also NaN, at the end
      if (!(code >= 0x20)) throw this.#unexpected('a closing quote')
      escaped ||= code === 0x5c
      this.#at += code === 0x5c ? 2 : 1
    }
    const text = this.#text.slice(start, this.#at++)
    return escaped ? unescaped(text) : text
  }

  /** nothing but space is left */
  end(): void {
    this.#skip()
    if (this.#at < this.#text.length) throw this.#unexpected('nothing more')
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at)
  }

  #whole(): number {
    this.#skip()
    WHOLE.lastIndex = this.#at
    const value = Number(WHOLE.exec(this.#text)?.[0] ?? NaN)
    if (!Number.isSafeInteger(value)) throw this.#unexpected('a whole number below 2^53')
    this.#at = WHOLE.lastIndex
    return value
  }

  #take(character: string): void {
    if (!this.#maybe(character)) throw this.#unexpected(character)
  }

  #maybe(character: string): boolean {
    this.#skip()
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #skip(): void {
    SPACE.lastIndex = this.#at
    SPACE.test(this.#text)
    this.#at = SPACE.lastIndex
  }

  #unexpected(what: string): Error {
    const found = this.#text.slice(this.#at, this.#at + 12)
    return malformed(`the header has ${found ? quoted(found) : 'its end'} at ${this.#at}, expected ${what}`)
  }
}

function unescaped(text: string): string {
  try {
    const value: string = JSON.parse(`"${text}"`)
    if (isUnicode(value)) return value
  } catch (cause) {
    throw malformed(`the header has the text ${quoted(text)}, which is no JSON`, { cause })
  }
  throw malformed(`the header has the text ${quoted(text)}, which is no Unicode`)
}

/** whether UTF-8 can say it: no half of a surrogate pair stands alone */
export const isUnicode = (text: string): boolean => !/\p{Surrogate}/u.test(text)
