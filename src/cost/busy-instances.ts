/** Beyond this many requests in flight the closed form is exact to more digits than are printed. */
const MANY = 1e6;

/**
 * How many instances have at least one request in flight, on average: E[⌈K / sharing⌉], where K, the requests in flight, is
 * Poisson distributed with the mean of Little's law (rate × time in flight). It is what memory is billed for, when requests come
 * independently and evenly over the month and are packed into as few instances as possible. With one request to an instance it
 * is Little's law itself; with many and little traffic it is the share of time in which anything runs, 1 − e^−mean.
 * @param inFlight mean requests in flight, ≥ 0
 * @param sharing requests that fit one instance, ≥ 1
 */
export function busyInstances(inFlight: number, sharing: number): number {
  if (sharing === 1) return inFlight;
  // K modulo `sharing` is then evenly spread.
  if (inFlight > Math.max(MANY, sharing * sharing)) return inFlight / sharing + (sharing - 1) / (2 * sharing);
  return meanOverPoisson(inFlight, (count) => Math.ceil(count / sharing));
}

/** The mean of a function of a Poisson number: weights from its mode outwards, so that nothing over- or underflows. */
function meanOverPoisson(mean: number, of: (count: number) => number): number {
  const mode = Math.floor(mean);
  const reach = Math.ceil(12 * Math.sqrt(mean) + 30);
  let total = 1;
  let sum = of(mode);
  for (let count = mode + 1, weight = 1; count <= mode + reach; count++) {
    weight *= mean / count;
    total += weight;
    sum += weight * of(count);
  }
  for (let count = mode, weight = 1; count > Math.max(0, mode - reach); count--) {
    weight *= count / mean;
    total += weight;
    sum += weight * of(count - 1);
  }
  return sum / total;
}
