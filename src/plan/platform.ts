import type { Mode, TargetName } from "../config/words.ts";
import { platforms, vercelRegions, type PlatformName } from "../data/platforms.ts";
import { CliError } from "../errors.ts";
import { nearestNames } from "./nearest-names.ts";
import type { PlanInput } from "./types.ts";

/** Asks for coverage in many cities instead of named regions. */
const EVERYWHERE = "global";

export interface PlatformChoice {
  name: PlatformName;
  /** The rule that made it. */
  reason: string;
}

const ofTarget: Record<TargetName, PlatformChoice> = {
  vercel: { name: "vercel", reason: "--target vercel was asked for" },
  cloudflare: { name: "cloudflare", reason: "--target cloudflare was asked for" },
  local: { name: "vercel", reason: "--target local was asked for: it serves the build for Vercel on this machine" },
};

const ofMode: Record<Mode, string> = {
  local: "the model runs inside the function: native code and more than 128 MB",
  hybrid: "the model is at most 7B: latency and user experience come first",
  external: "latency and user experience come first; --regions global asks for coverage in many cities instead",
};

/**
 * Vercel when latency and user experience come first, the model is at most 7B, or it needs native code or more than
 * 128 MB. Cloudflare when coverage in many cities matters most and the function is thin. A target that was asked for wins.
 */
export function choosePlatform(mode: Mode, input: Pick<PlanInput, "target" | "regions">): PlatformChoice {
  if (input.target !== undefined) return ofTarget[input.target];
  if (mode === "external" && wantsEverywhere(input.regions)) {
    return { name: "cloudflare", reason: "coverage in many cities was asked for and the function is thin" };
  }
  return { name: "vercel", reason: ofMode[mode] };
}

/** Where the function runs, and what has to be said about it. @throws CliError USAGE for an unknown region */
export function chooseRegions(
  platform: PlatformName,
  asked: readonly string[] | undefined,
): { regions: string[]; warnings: string[] } {
  checkRegions(asked ?? []);
  const fallback = [...platforms[platform].defaultRegions];
  if (asked === undefined) return { regions: fallback, warnings: [] };
  if (platform === "cloudflare") {
    const named = asked.filter((region) => region !== EVERYWHERE);
    const ignored = `Cloudflare Workers run in every city: ${named.join(", ")} is not used`;
    return { regions: fallback, warnings: named.length === 0 ? [] : [ignored] };
  }
  if (wantsEverywhere(asked)) {
    return {
      regions: fallback,
      warnings: [`a function on Vercel runs in named regions: ${EVERYWHERE} becomes ${fallback.join(", ")}`],
    };
  }
  const regions = [...new Set(asked)];
  return {
    regions,
    warnings: regions.length > 1 ? ["more than one region needs Vercel's Pro or Enterprise plan"] : [],
  };
}

function checkRegions(asked: readonly string[]): void {
  const unknown = asked.filter((region) => region !== EVERYWHERE && !vercelRegions.includes(region));
  if (unknown[0] === undefined) return;
  const [nearest] = nearestNames(unknown[0], vercelRegions, 1);
  throw new CliError("USAGE", `Vercel has no region ${unknown.map((name) => JSON.stringify(name)).join(", ")}`, {
    hint: `did you mean ${nearest}? There are ${vercelRegions.join(", ")}, and ${EVERYWHERE}`,
  });
}

function wantsEverywhere(regions: readonly string[] | undefined): boolean {
  return regions?.includes(EVERYWHERE) ?? false;
}
