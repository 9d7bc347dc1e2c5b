import { from, type Fact } from "./fact.ts";

/** Published limits of the platforms. A number that is not published is null, never a guess. */

/** A fact that the platform's own page is not known to say: somebody else told it. */
export interface PlatformFact extends Fact {
  secondHand?: true;
}

/** Words with a source: what is no number, like what is billed. */
export interface Told {
  text: string;
  source: string;
  /** yyyy-mm-dd */
  checkedAt: string;
}

const limits = from("https://vercel.com/docs/functions/limitations", "2026-06-19");
const duration = from("https://vercel.com/docs/functions/configuring-functions/duration", "2026-08-24");
const concurrency = from("https://vercel.com/docs/functions/concurrency-scaling", "2026-08-11");
const cli = from("vercel CLI 60.1.3, validate-lambda-size: 250 * 1024 * 1024", "2026-11-23");
const workers = from("https://developers.cloudflare.com/workers/platform/limits/", "2026-11-23");
const regions = from("https://vercel.com/docs/regions", "2026-08-11");
const vercelEnv = from("https://vercel.com/docs/environment-variables, a copy without a date", "2026-11-23");
const vercelRollback = from("https://vercel.com/docs/instant-rollback", "2026-02-26");
const workersVersions = from("https://developers.cloudflare.com/workers/versions-and-deployments/", "2026-11-23");
const network = from("https://www.cloudflare.com/network as others quoted it in July 2026", "2026-07-31");
const isolate = from("an isolate of Workers runs one thread: from memory", "2026-11-23");

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
  nativeModules: Told;
  defaultRegions: readonly string[];
  /** Regions that can be chosen; null: there is nothing to choose. */
  regions: PlatformFact | null;
  /** Places where a function runs when nobody asks. */
  defaultPlaces: PlatformFact;
  /** Places where requests enter the network. */
  cities: PlatformFact;
  /** Wall-clock seconds on paid plans, and in beta. */
  paidDurationSeconds: Fact | null;
  betaDurationSeconds: Fact | null;
  /** Processor time that one request may take, in ms: on the free plan, by default, at most. null: only the duration counts. */
  cpuMs: { free: Fact; byDefault: Fact; atMost: Fact } | null;
  /** Longest time to load the code and run its global scope, in ms. null: not published. */
  startUpMs: Fact | null;
  /** Connections that one instance may have open at a time, or files and connections together. */
  openConnections: Fact;
  env: { variables: Fact; freeVariables: Fact | null; bytes: Fact; bytesOf: "one" | "all" };
  /** Releases that can be gone back, on the free plan and on paid ones; null: every one that was production. */
  rollback: { free: Fact; paid: Fact | null };
  billing: Told;
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
    nativeModules: {
      text: "yes: onnxruntime-node, llama.cpp",
      source: "edge-ai's own builds: native files traced, and run as the function loads them",
      checkedAt: "2026-11-23",
    },
    defaultRegions: ["iad1"],
    regions: regions(20),
    defaultPlaces: regions(1),
    cities: regions(126),
    paidDurationSeconds: duration(800),
    betaDurationSeconds: duration(1_800),
    cpuMs: null,
    startUpMs: null,
    openConnections: limits(1_024),
    env: { variables: vercelEnv(1_000), freeVariables: null, bytes: vercelEnv(64e3), bytesOf: "all" },
    rollback: { free: vercelRollback(1), paid: null },
    billing: {
      text: "CPU while code runs; memory as long as any request is in flight, waiting included; invocations; transfer",
      source: "https://vercel.com/docs/functions/usage-and-pricing",
      checkedAt: "2026-04-03",
    },
  },
  cloudflare: {
    title: "Cloudflare Workers",
    bundleBytes: workers(67_108_864),
    largeBundleBytes: null,
    defaultMemoryMb: workers(128),
    maxMemoryMb: workers(128),
    defaultVcpus: isolate(1),
    maxVcpus: isolate(1),
    maxDurationSeconds: null,
    requestBodyBytes: workers(100e6),
    concurrency: null,
    nativeCode: false,
    nativeModules: {
      text: "no: WebAssembly only",
      source: "https://developers.cloudflare.com/workers/runtime-apis/nodejs/, from memory",
      checkedAt: "2026-11-23",
    },
    defaultRegions: ["global"],
    regions: null,
    defaultPlaces: { ...network(337), secondHand: true },
    cities: { ...network(337), secondHand: true },
    paidDurationSeconds: null,
    betaDurationSeconds: null,
    cpuMs: { free: workers(10), byDefault: workers(30_000), atMost: workers(300_000) },
    startUpMs: workers(1_000),
    openConnections: workers(6),
    env: { variables: workers(128), freeVariables: workers(64), bytes: workers(5e3), bytesOf: "one" },
    rollback: { free: workersVersions(100), paid: workersVersions(100) },
    billing: {
      text: "CPU while code runs, and requests; no charge for waiting, memory or transfer",
      source: "https://developers.cloudflare.com/workers/platform/pricing/",
      checkedAt: "2026-11-23",
    },
  },
} as const satisfies Record<PlatformName, PlatformFacts>;

/** Vercel's 20 compute regions (https://vercel.com/docs/regions, 2026-08-11). */
export const vercelRegions: readonly string[] =
  "arn1 bom1 cdg1 cle1 cpt1 dub1 dxb1 fra1 gru1 hkg1 hnd1 iad1 icn1 kix1 lhr1 pdx1 sfo1 sin1 syd1 yul1".split(" ");
