import { from, type Fact } from "../fact.ts";

/** Endpoints that are rented by the hour. */

const hours = from(
  "Hugging Face Inference Endpoints, docs/source/support/pricing.md of huggingface/hf-endpoints-documentation",
  "2026-05-19",
);
const sheet = from("NVIDIA's data sheet, from memory", "2026-11-23");

export interface Gpu {
  title: string;
  /** Whose machines Hugging Face rents for it. */
  vendor: "aws" | "gcp";
  usdPerHour: Fact;
  memoryBytes: Fact;
  /** What generating is limited by: the weights are read once for each token of every batch. */
  bandwidthBytesPerSecond: Fact;
  /** Dense fp16: what reading a prompt is limited by. */
  flopsPerSecond: Fact;
}

function gpu(
  title: string,
  vendor: Gpu["vendor"],
  usdPerHour: number,
  gb: number,
  { gbPerSecond, teraflops }: { gbPerSecond: number; teraflops: number },
): Gpu {
  return {
    title,
    vendor,
    usdPerHour: hours(usdPerHour),
    memoryBytes: hours(gb * 1e9),
    bandwidthBytesPerSecond: sheet(gbPerSecond * 1e9),
    flopsPerSecond: sheet(teraflops * 1e12),
  };
}

const l4 = { gbPerSecond: 300, teraflops: 121 };
const a100 = { gbPerSecond: 2_039, teraflops: 312 };

export const gpus = {
  t4: gpu("NVIDIA T4", "aws", 0.5, 14, { gbPerSecond: 320, teraflops: 65 }),
  "l4-gcp": gpu("NVIDIA L4", "gcp", 0.7, 24, l4),
  l4: gpu("NVIDIA L4", "aws", 0.8, 24, l4),
  a10g: gpu("NVIDIA A10G", "aws", 1, 24, { gbPerSecond: 600, teraflops: 70 }),
  l40s: gpu("NVIDIA L40S", "aws", 1.8, 48, { gbPerSecond: 864, teraflops: 362 }),
  a100: gpu("NVIDIA A100", "aws", 2.5, 80, a100),
  "a100-gcp": gpu("NVIDIA A100", "gcp", 3.6, 80, a100),
  h200: gpu("NVIDIA H200", "aws", 5, 141, { gbPerSecond: 4_800, teraflops: 989 }),
  "h100-gcp": gpu("NVIDIA H100", "gcp", 10, 80, { gbPerSecond: 3_350, teraflops: 989 }),
} as const satisfies Record<string, Gpu>;

export type GpuName = keyof typeof gpus;
