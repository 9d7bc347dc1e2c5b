import { performance } from "node:perf_hooks";

let turn = -1;
let at = 0;

/**
 * When the answer that is being handled had come, in ms of performance.now(): when this turn of the event loop first had one in
 * its hands. The operating system hands over all that has arrived at once, and an answer that waits behind others of the same
 * turn was there already; without this, the last of 50 answers would seem 2 ms slower than it was. Only for what the network brought:
 * a timer runs before its turn has asked the network.
 */
export function arrivedAt(): number {
  const { loopCount } = performance.nodeTiming.uvMetricsInfo;
  if (loopCount !== turn) {
    turn = loopCount;
    at = performance.now();
  }
  return at;
}
