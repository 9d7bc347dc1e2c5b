import { from, type Fact } from "../fact.ts";

/** What Vercel charges under Fluid compute with Active CPU, in USD. */

const rates = from("https://vercel.com/docs/functions/usage-and-pricing", "2026-04-03");
// The rates of iad1 were read again, unchanged, by others than us.
const checkedAgain = from(
  "https://vercel.com/docs/functions/usage-and-pricing, iad1 read again by others",
  "2026-09-06",
);
const proPlan = from("https://vercel.com/docs/plans/pro-plan", "2026-07-15");
const hobbyPlan = from("https://vercel.com/docs/plans/hobby", "2026-08-31");
const hobbyQuoted = from("https://vercel.com/docs/plans/hobby, as quoted by others", "2026-09-24");
const regional = from("https://vercel.com/docs/pricing/regional-pricing", "2026-02-27");

export interface ComputeRates {
  /** Of an hour in which code runs. */
  cpuUsdPerHour: Fact;
  /** Of a GB (2^30 bytes) for an hour in which any request is in flight. */
  memoryUsdPerGbHour: Fact;
}

function region(cpu: number, memory: number): ComputeRates {
  return { cpuUsdPerHour: rates(cpu), memoryUsdPerGbHour: rates(memory) };
}

/** By the region in which a function runs. */
export const vercelCompute: Readonly<Record<string, ComputeRates>> = {
  iad1: { cpuUsdPerHour: checkedAgain(0.128), memoryUsdPerGbHour: checkedAgain(0.0106) },
  cle1: region(0.128, 0.0106),
  pdx1: region(0.128, 0.0106),
  bom1: region(0.14, 0.0116),
  yul1: region(0.147, 0.0122),
  arn1: region(0.16, 0.0133),
  sin1: region(0.16, 0.0133),
  dub1: region(0.168, 0.0139),
  icn1: region(0.169, 0.014),
  hkg1: region(0.176, 0.0146),
  sfo1: region(0.177, 0.0147),
  lhr1: region(0.177, 0.0146),
  cdg1: region(0.177, 0.0146),
  syd1: region(0.18, 0.0149),
  fra1: region(0.184, 0.0152),
  dxb1: region(0.185, 0.0153),
  cpt1: region(0.2, 0.0166),
  hnd1: region(0.202, 0.0167),
  kix1: region(0.202, 0.0167),
  gru1: region(0.221, 0.0183),
};

/** The same in every region. The page contradicts itself on a first free million for Pro: it is counted as paid. */
export const vercelInvocations: Fact = checkedAgain(0.6);

/** Of traffic, by the region of the visitor; `dearest` is the top of the published range. GB are 1e9 bytes. */
export const vercelTraffic = {
  dataTransferUsdPerGb: { iad1: regional(0.15), sin1: regional(0.16), dearest: regional(0.35) },
  // Between the edge and the function; nothing is included.
  originTransferUsdPerGb: { iad1: regional(0.06), dearest: regional(0.43) },
  edgeRequestsUsdPerMillion: { iad1: regional(2), dearest: regional(3.2) },
} as const satisfies Record<string, Readonly<Record<string, Fact>>>;

/** Pro: a seat, with a credit that usage is taken from first. */
export const vercelPro = {
  baseUsd: proPlan(20),
  creditUsd: proPlan(20),
  includedDataTransferGb: proPlan(1_000),
  includedEdgeRequests: proPlan(10e6),
} as const satisfies Record<string, Fact>;

/** Hobby: free, not for business, and paused when one of these is used up. */
export const vercelHobby = {
  cpuHours: hobbyPlan(4),
  memoryGbHours: hobbyPlan(360),
  invocations: hobbyPlan(1e6),
  edgeRequests: hobbyPlan(1e6),
  dataTransferGb: hobbyQuoted(100),
} as const satisfies Record<string, Fact>;
