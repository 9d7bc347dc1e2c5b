import { from, type Fact } from "./fact.ts";

/** Published limits of the platforms. A number that is not published is null, never a guess. */

const limits = from("https://vercel.com/docs/functions/limitations", "2026-06-19");
const duration = from("https://vercel.com/docs/functions/configuring-functions/duration", "2026-08-24");
const concurrency = from("https://vercel.com/docs/functions/concurrency-scaling", "2026-08-11");
const cli = from("vercel CLI 60.1.3, validate-lambda-size: 250 * 1024 * 1024", "2026-11-23");
const workers = from("https://developers.cloudflare.com/workers/platform/limits/", "2026-11-23");

export interface PlatformFacts {
  title: string;
  bundleBytes: Fact;
  /** A larger tier that exists but is not the rule. */
  largeBundleBytes: Fact | null;
  /** What a function gets when nobody asks, and the most there is. */
  defaultMemoryMb: Fact;
  maxMemoryMb: Fact;
  defaultVcpus: Fact;
  maxVcpus: Fact;
  /** Longest answer on every plan, in seconds of wall-clock time; null: not limited while the client waits. */
  maxDurationSeconds: Fact | null;
  requestBodyBytes: Fact;
  /** Requests in flight over all instances; null: none published. */
  concurrency: Fact | null;
  /** Native addons (.node files) run. */
  nativeCode: boolean;
  defaultRegions: readonly string[];
}

export type PlatformName = "vercel" | "cloudflare";

export const platforms = {
  vercel: {
    title: "Vercel",
    bundleBytes: cli(262_144_000),
    largeBundleBytes: limits(5e9),
    defaultMemoryMb: limits(2048),
    maxMemoryMb: limits(4096),
    defaultVcpus: limits(1),
    maxVcpus: limits(2),
    // Hobby's default and maximum; Pro goes to 800, and to 1800 in beta.
    maxDurationSeconds: duration(300),
    requestBodyBytes: limits(4.5e6),
    concurrency: concurrency(30_000),
    nativeCode: true,
    defaultRegions: ["iad1"],
  },
  cloudflare: {
    title: "Cloudflare Workers",
    bundleBytes: workers(67_108_864),
    largeBundleBytes: null,
    defaultMemoryMb: workers(128),
    maxMemoryMb: workers(128),
    defaultVcpus: workers(1),
    maxVcpus: workers(1),
    maxDurationSeconds: null,
    requestBodyBytes: workers(100e6),
    concurrency: null,
    nativeCode: false,
    defaultRegions: ["global"],
  },
} as const satisfies Record<PlatformName, PlatformFacts>;

/** Vercel's 20 compute regions (https://vercel.com/docs/regions, 2026-08-11). */
export const vercelRegions: readonly string[] =
  "arn1 bom1 cdg1 cle1 cpt1 dub1 dxb1 fra1 gru1 hkg1 hnd1 iad1 icn1 kix1 lhr1 pdx1 sfo1 sin1 syd1 yul1".split(" ");
