/** What to multiply the learning rate by, given the share of the steps that are done, in [0, 1). */
export type Schedule = (done: number) => number

/** The learning rate as it is. */
export const constant: Schedule = () => 1

/** From the whole learning rate down to 0, in a straight line. */
export const linearDecay: Schedule = (done) => 1 - done
