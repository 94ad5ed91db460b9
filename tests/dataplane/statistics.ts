/** Bounds within which a count of `n` trials with probability `p` lies in 99.9 % of all cases: normal approximation with continuity correction, for n·p above 50. */
export function binomialBounds(n: number, p: number): readonly [number, number] {
  const deviations = 3.29;
  const spread = deviations * Math.sqrt(n * p * (1 - p)) + 0.5;
  return [n * p - spread, n * p + spread];
}

/** Whether counts in equally likely bins could be chance: Pearson's chi-squared, by Wilson and Hilferty's approximation, at 99.9 % two-sided. */
export function isEven(counts: readonly number[]): boolean {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  const z = (Math.cbrt(chiSquared / freedom) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom));
  return Math.abs(z) < 3.29;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

/** Pearson's coefficient of two series of the same length. */
export function correlation(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [mean(one), mean(other)];
  return mean(one.map((value, index) => (value - a) * ((other[index] ?? 0) - b))) / (deviation(one) * deviation(other));
}
