/** 99.9 %, two-sided: of a thousand figures that are right, one is thought to be wrong. */
export const confidence = 0.999;
/** As many standard deviations of a normal distribution. */
export const confidenceDeviations = 3.2905;

export type Interval = { readonly low: number; readonly high: number };

/**
 * Between which bounds a probability is, of an event that came `count` times in `trials` (Clopper and
 * Pearson 1934, Biometrika 26): never surer than it says, however small the numbers. Where events come
 * in bursts, pass how many independent trials those made are worth, and as large a part of the count.
 */
export function shareInterval(count: number, trials: number): Interval {
  const tail = (1 - confidence) / 2;
  return {
    low: count <= 0 ? 0 : betaQuantile(tail, count, trials - count + 1),
    high: count >= trials ? 1 : betaQuantile(1 - tail, count + 1, trials - count),
  };
}

/** By bisection: the distribution function rises from 0 to 1. */
function betaQuantile(probability: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (betaDistribution(middle, a, b) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The regularized incomplete beta function, by the continued fraction of DLMF 8.17.22 (https://dlmf.nist.gov/8.17#E22). */
function betaDistribution(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // It converges quickly below the mean; above, the other tail is computed.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaDistribution(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a;
  return front * continuedFraction(x, a, b);
}

const mostTerms = 10_000;
const smallest = 1e-300;

/** Lentz's method: from the front, with numerators and denominators as ratios. */
function continuedFraction(x: number, a: number, b: number): number {
  const away = (value: number) => (Math.abs(value) < smallest ? smallest : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < mostTerms; m++) {
    for (const term of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / away(1 + term * d);
      c = away(1 + term / c);
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-12) break;
  }
  return fraction;
}

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

/** Stirling's series (DLMF 5.11.1), for arguments moved up to where three terms give twelve digits. */
function logGamma(value: number): number {
  let x = value;
  let shift = 0;
  for (; x < 15; x++) shift -= Math.log(x);
  const square = 1 / (x * x);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / x;
  return shift + (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}
