/** What a straight line through points says of its slope. */
export interface Slope {
  readonly value: number
  /** half of the 95 % confidence interval */
  readonly half: number
}

// of a normal distribution, 95 %, two-sided
const Z = 1.96

/**
 * Least squares. The interval counts the points as fewer where neighbours resemble each other, as memory in time does:
 * n (1 - r) / (1 + r), r the autocorrelation of the residuals at lag 1.
 */
export function slopeOf(x: readonly number[], y: readonly number[]): Slope {
  const n = x.length
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [middleX, middleY] = [mean(x), mean(y)]
  const spread = x.reduce((sum, value) => sum + (value - middleX) ** 2, 0)
  if (n < 3 || spread === 0) return { value: 0, half: Number.POSITIVE_INFINITY }
  const value = x.reduce((sum, at, i) => sum + (at - middleX) * ((y[i] as number) - middleY), 0) / spread
  const residuals = y.map((found, i) => found - middleY - value * ((x[i] as number) - middleX))
  const squares = residuals.reduce((sum, residual) => sum + residual ** 2, 0)
  if (squares === 0) return { value, half: 0 }
  const lagged = residuals.slice(1).reduce((sum, residual, i) => sum + residual * (residuals[i] as number), 0)
  const r = Math.min(0.99, Math.max(0, lagged / squares))
  const independent = Math.max(3, (n * (1 - r)) / (1 + r))
  return { value, half: Z * Math.sqrt(squares / (independent - 2) / ((spread * independent) / n)) }
}
