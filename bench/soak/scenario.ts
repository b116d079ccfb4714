/** Something that a long-lived process makes and drops, over and over. */
export interface Scenario {
  readonly name: string
  /** makes, uses and drops once; what it holds afterwards is a leak */
  round(index: number): void | Promise<void>
}
