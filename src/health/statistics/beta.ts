/** Special functions behind exact binomial and t statistics. Checked against scipy 1.17 in the tests of statistics.ts. */

/** Relative change at which the continued fraction has settled. */
const SETTLED = 1e-14;
/** It settles after about √max(a, b) terms: a few hundred for 100,000 requests. */
const MOST_TERMS = 10_000;
/** Stands in for 0 in a denominator (Lentz's method). */
const TINY = 1e-300;

/** Coefficients of Lanczos' approximation of Γ with g = 7 and 9 terms: 15 digits (Godfrey 2001). */
const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  let sum = 0.99999999999980993;
  for (const [i, coefficient] of LANCZOS.entries()) sum += coefficient / (x + i);
  const t = x + LANCZOS.length - 1.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * The regularised incomplete beta function I_x(a, b), for a, b > 0: the chance that a Beta(a, b) value is at most x.
 * Continued fraction DLMF 8.17.22, evaluated by Lentz's method.
 */
export function betaAtMost(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction settles quickly below the mean, so the other side is asked for its complement.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaAtMost(1 - x, b, a);
  const logFront = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  return (Math.exp(logFront) / a) * betaFraction(x, a, b);
}

function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / notZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MOST_TERMS; m++) {
    let change = 1;
    for (const term of betaTerms(m, x, a, b)) {
      d = 1 / notZero(1 + term * d);
      c = notZero(1 + term / c);
      change = c * d;
      fraction *= change;
    }
    if (Math.abs(change - 1) < SETTLED) break;
  }
  return fraction;
}

/** The terms 2m and 2m + 1 of the fraction. */
function betaTerms(m: number, x: number, a: number, b: number): [even: number, odd: number] {
  const at = a + 2 * m;
  return [(m * (b - m) * x) / ((at - 1) * at), (-(a + m) * (a + b + m) * x) / (at * (at + 1))];
}

function notZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** The value that t-distributed ones exceed with the given chance (below 0.5): 1.96 for 2.5 % and endless freedom. */
export function tQuantile(chance: number, freedom: number): number {
  // P(|T| > t) = I_x(f/2, 1/2) at x = f / (f + t²).
  const x = bisect((at) => betaAtMost(at, freedom / 2, 0.5) >= 2 * chance);
  return Math.sqrt(freedom * (1 / x - 1));
}

/** The smallest x from 0 to 1 for which `holds` is true, to 15 digits; it must switch from false to true once. */
export function bisect(holds: (x: number) => boolean): number {
  let lo = 0;
  let hi = 1;
  for (let i = 0; i < 50; i++) {
    const middle = (lo + hi) / 2;
    if (holds(middle)) hi = middle;
    else lo = middle;
  }
  return hi;
}
