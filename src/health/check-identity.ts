import { openPool } from "./requests/exchange.ts";
import { identify } from "./identify.ts";
import { pause } from "./load.ts";
import { wrongBuild, type Refusal } from "./identity.ts";

const ONE_TRY_MS = 10_000;
const ALL_TRIES_MS = 30_000;
const ASK_AGAIN_MS = 500;

/** Asks a URL who answers there, with one request that costs nothing. @returns why it is not that build, or null when it is */
export async function checkIdentity(options: {
  url: string;
  headers: Readonly<Record<string, string>>;
  expectBuild: string;
  /** How long another build may go on answering before it counts. */
  oldBuildMs?: number;
  signal: AbortSignal;
}): Promise<Refusal | null> {
  const { headers, expectBuild, oldBuildMs = 0, signal } = options;
  const endMs = performance.now() + oldBuildMs;
  const pool = openPool(new URL(options.url).origin, 1);
  try {
    for (;;) {
      const identity = await identify(pool, { headers, timeoutMs: ONE_TRY_MS, waitMs: ALL_TRIES_MS, signal });
      if (identity.kind === "refusal") return identity.refusal;
      const refusal = wrongBuild(identity.app, expectBuild, identity.warning);
      if (refusal === null || signal.aborted || performance.now() + ASK_AGAIN_MS > endMs) return refusal;
      await pause(ASK_AGAIN_MS, signal);
    }
  } finally {
    await pool.destroy();
  }
}
