import { openPool } from "./exchange.ts";
import { identify } from "./identify.ts";
import { wrongBuild, type Refusal } from "./identity.ts";

const ONE_TRY_MS = 10_000;
const ALL_TRIES_MS = 30_000;

/** Asks a URL who answers there, with one request that costs nothing. @returns why it is not that build, or null when it is */
export async function checkIdentity(options: {
  url: string;
  headers: Readonly<Record<string, string>>;
  expectBuild: string;
  signal: AbortSignal;
}): Promise<Refusal | null> {
  const { headers, expectBuild, signal } = options;
  const pool = openPool(new URL(options.url).origin, 1);
  try {
    const identity = await identify(pool, { headers, timeoutMs: ONE_TRY_MS, waitMs: ALL_TRIES_MS, signal });
    return identity.kind === "refusal" ? identity.refusal : wrongBuild(identity.app, expectBuild);
  } finally {
    await pool.destroy();
  }
}
