// create-edge-ai 0.1.0
import { canShareWork } from "./platform.ts";

/**
 * `work`, whose result is told for a while: nobody can make us do it all the time. Who asks meanwhile waits for the same, where
 * a request may.
 * @param work never rejects
 */
export function freshFor<T>(forMs: number, work: () => Promise<T>): () => Promise<T> {
  let last: { atMs: number; result: T | Promise<T> } | null = null;
  return async () => {
    const atMs = performance.now();
    if (last !== null && atMs - last.atMs <= forMs) return last.result;
    const result = work();
    if (canShareWork) last = { atMs, result };
    else last = { atMs, result: await result };
    return result;
  };
}
