import type { Io } from "../io.ts";

const EVERY_MS = 500;

/** Shows how far a file is, where somebody can see it change: on a terminal. Elsewhere a line per file has to do. */
export function showProgress(io: Io, name: string, bytes: number): { at: (bytes: number) => void; end: () => void } {
  if (io.stderr.isTTY !== true) return { at: () => undefined, end: () => undefined };
  let shownAt = 0;
  return {
    at(done) {
      const now = Date.now();
      if (now - shownAt < EVERY_MS) return;
      shownAt = now;
      io.stderr.write(`\r  ${name}: ${Math.floor((100 * done) / Math.max(bytes, 1))} %`);
    },
    // Clears the line: the next one starts where it began.
    end: () => void io.stderr.write(shownAt === 0 ? "" : "\r\u001B[K"),
  };
}
