import path from "node:path";
import { readConfig } from "../config/read.ts";
import type { Config } from "../config/schema.ts";
import { exists } from "../exists.ts";
import { startFakeProvider, type FakeProvider } from "../fake-provider/server.ts";
import { say, type Io } from "../io.ts";

/** What `dev` gives the functions that have no provider; `close` ends it. */
export interface DevProvider {
  env: Record<string, string>;
  close: () => Promise<void>;
}

/** As slow as a small hosted model: a page that is built with it is built for waiting. */
const PACE = { firstTokenMs: 100, tokenMs: 20, imageQueueMs: 300, imageRunMs: 1_000 };
const IMAGE_FUNCTION = "api/image.ts";
/** The list of endpoints that functions ask. */
const TARGETS = "lib/targets.ts";

interface Kind {
  /** Variables of which one is enough to say that there is a provider. The first one is named when there is none. */
  names: readonly string[];
  env: (fake: FakeProvider) => Record<string, string>;
}

const kinds = {
  models: {
    names: ["AI_BASE_URL", "AI_API_KEY", "AI_FALLBACK_BASE_URL", "LOCAL_BASE_URL"],
    env: ({ baseUrl }) => ({ AI_BASE_URL: baseUrl, AI_API_KEY: "fake" }),
  },
  images: {
    names: ["FAL_KEY", "FAL_BASE_URL"],
    env: ({ falUrl, jwksUrl }) => ({ FAL_BASE_URL: falUrl, FAL_JWKS_URL: jwksUrl, FAL_KEY: "fake" }),
  },
} as const satisfies Record<string, Kind>;

/** The kinds of provider that an app needs and has not been told of. */
function missingProviders(
  { task, mode }: Pick<Config, "task" | "mode">,
  { hasTargets, hasImages }: { hasTargets: boolean; hasImages: boolean },
  env: Readonly<Record<string, string>>,
): Kind[] {
  const needed: Kind[] = [
    ...((mode !== "local" && task !== "image") || (mode === "local" && hasTargets) ? [kinds.models] : []),
    ...(hasImages || task === "image" ? [kinds.images] : []),
  ];
  // An empty name in .env.local is one that has not been filled in.
  return needed.filter(({ names }) => names.every((name) => (env[name] ?? "") === ""));
}

/**
 * Starts a fake provider for an app that calls models elsewhere and does not know where, and says so. What the app has been
 * told of stays as it is.
 * @returns null when it needs none, or has no edge-ai.json that could say so
 */
export async function startDevProvider(
  io: Io,
  projectDir: string,
  env: Readonly<Record<string, string>>,
): Promise<DevProvider | null> {
  const config = await readConfig(projectDir).catch(() => null);
  const [hasTargets, hasImages] = await Promise.all(
    [TARGETS, IMAGE_FUNCTION].map((file) => exists(path.join(projectDir, file))),
  );
  const has = { hasTargets: hasTargets === true, hasImages: hasImages === true };
  const missing = config === null ? [] : missingProviders(config, has, env);
  if (missing.length === 0) return null;
  const fake = await startFakeProvider(PACE);
  for (const { names } of missing) say(io, `answers are made up: no ${names[0]} is set (put it into .env.local)`);
  return { env: Object.assign({}, ...missing.map((kind) => kind.env(fake))), close: () => fake.close() };
}
