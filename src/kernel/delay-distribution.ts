/**
 * Tables of how delays lie around their mean, as netem takes them (TCA_NETEM_DELAY_DIST,
 * linux/pkt_sched.h): 16-bit quantiles in units of the standard deviation divided by
 * `distributionScale`, of which one is drawn at random. At most 16,384 of them; the range of the numbers
 * cuts a distribution off four deviations from its mean.
 */

/** NETEM_DIST_SCALE. */
export const distributionScale = 8192;
/** As many as iproute2's tables have. A power of two, so that a draw's upper bits choose one. */
export const distributionEntries = 4096;

const most = 32_767;

/** The normal distribution. */
export const normalDelays = (): Int16Array<ArrayBuffer> => tableOf(normalQuantiles());

/** The Pareto distribution of shape 3: a short head and a long tail. */
export const paretoDelays = (): Int16Array<ArrayBuffer> =>
  tableOf(Float64Array.from({ length: distributionEntries }, (_, index) => (1 - middle(index)) ** (-1 / 3)));

/** Quantiles are those in the middle of equal parts of the probability. */
const middle = (index: number): number => (index + 0.5) / distributionEntries;

/**
 * Moves and stretches quantiles until their mean is 0 and their deviation 1 within the range that is
 * left: what the tail that is cut off took away is taken up by the rest.
 */
function tableOf(quantiles: Float64Array): Int16Array<ArrayBuffer> {
  const limit = most / distributionScale;
  for (let change = 1; change > 1e-7; ) {
    const mean = meanOf(quantiles);
    const deviation = Math.sqrt(meanOf(quantiles.map((value) => (value - mean) ** 2)));
    change = Math.abs(mean) + Math.abs(deviation - 1);
    for (const [index, value] of quantiles.entries())
      quantiles[index] = Math.min(limit, Math.max(-limit, (value - mean) / deviation));
  }
  return Int16Array.from(quantiles, (value) => Math.round(value * distributionScale));
}

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Adds the density up from the left, and notes where the sum passes each quantile. */
function normalQuantiles(): Float64Array {
  const quantiles = new Float64Array(distributionEntries);
  const step = 1 / 2048;
  let probability = 0;
  let found = 0;
  for (let at = -8; found < distributionEntries; at += step) {
    // By the midpoint rule, whose error is below the 16 bits of the table by far.
    const part = (Math.exp(-((at + step / 2) ** 2) / 2) / Math.sqrt(2 * Math.PI)) * step;
    for (; found < distributionEntries && probability + part >= middle(found); found++)
      quantiles[found] = at + (step * (middle(found) - probability)) / part;
    probability += part;
  }
  return quantiles;
}
