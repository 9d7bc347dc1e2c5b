import { beforeAll, describe, expect, test } from "vitest";
import { endpointAgainstTokens } from "../../../src/cost/break-even.ts";
import { callPrice } from "../../../src/cost/call-price.ts";
import { suppliesOf } from "../../../src/cost/supplies.ts";
import type { Costed } from "../../../src/cost/types.ts";
import { loadPrices } from "../../../src/data/token-prices.ts";
import { costed, line, monthOf, now } from "./costed.ts";

/**
 * Worked by hand from the published prices: every number here was typed from its page, not read from src/data, so that a wrong
 * price turns them red.
 *
 * Vercel, usage-and-pricing (2026-04-03): iad1 CPU $0.128/h, memory $0.0106/GB-h; gru1 0.221 and 0.0183; fra1 0.184 and 0.0152;
 * invocations $0.60/M. Pro (2026-07-15): $20 with $20 credit, 1,000 GB of data transfer, 10 M edge requests. Regional pricing
 * (2026-02-27): data transfer $0.15/GB in iad1, at most 0.35; origin transfer 0.06, at most 0.43; edge requests $2.00/M, at most 3.20.
 * Cloudflare: $5 with 10 M requests and 30 M CPU ms; then $0.30/M and $0.02/M ms.
 */
beforeAll(loadPrices);

/** Bytes of the answer that make 10 kB with the request: 1,000 + 4 × 64 tokens. */
const tenKilobytes = { transferBytes: 10_000 - 1_000 - 4 * 64 };

function sonnet(tokensIn: number): Costed {
  return costed({ mode: "external", task: "chat", tokensIn, tokensOut: 1_000, modelId: "claude-sonnet-4-5" });
}

function fitsWorkers(cpuMs: number, requests: number): boolean {
  return monthOf(embedding(cpuMs), requests, { platform: "cloudflare" }).free.fits;
}

function embedding(cpuMs: number): Costed {
  return costed({ mode: "external", cpuMs, modelId: "text-embedding-3-small" });
}

/** Of a model that computes for a second, 10,000,000 times. */
function memoryUsd(concurrency: number, vcpus: number): number {
  return line(monthOf(costed({ cpuMs: 1_000, concurrency, vcpus }), 10_000_000), "provisioned memory");
}

describe("Vercel", () => {
  test("1: a model in the function, iad1: all of it out of the credit", () => {
    const month = monthOf(costed({ cpuMs: 10 }), 1_000_000, tenKilobytes);
    // 1,000,000 × 10 ms = 10,000 s = 2.7778 h.
    expect(line(month, "active CPU")).toBeCloseTo((10_000 / 3_600) * 0.128, 9); // 0.355556
    // One at a time, 2 GB: 20,000 GB-s = 5.5556 GB-h.
    expect(line(month, "provisioned memory")).toBeCloseTo((20_000 / 3_600) * 0.0106, 9); // 0.058889
    expect(line(month, "invocations")).toBeCloseTo(0.6, 9);
    expect(line(month, "edge requests")).toBe(0);
    expect(line(month, "data transfer")).toBe(0); // 10 GB of 1,000
    expect(line(month, "origin transfer")).toBeCloseTo(10 * 0.06, 9);
    expect(line(month, "included credit")).toBeCloseTo(-(0.355_556 + 0.058_889 + 0.6 + 0.6), 5);
    expect(month.usd).toBeCloseTo(20, 9);
    expect(month.perRequestUsd).toBeCloseTo(0.000_02, 12);
  });

  test("2: gru1, 10,000,000 requests: rates of the region, beyond the credit", () => {
    const month = monthOf(costed({ cpuMs: 50, region: "gru1" }), 10_000_000, tenKilobytes);
    // 500,000 s = 138.889 h and 277.778 GB-h; 100 GB at the dearest origin rate, since gru1's is not in our table.
    const used = 138.888_889 * 0.221 + 277.777_778 * 0.0183 + 10 * 0.6 + 100 * 0.43;
    expect(used).toBeCloseTo(84.777_778, 5);
    expect(month.usd).toBeCloseTo(20 + used - 20, 5);
  });

  test("3: fra1, 20,000,000 requests of 100 kB: traffic beyond what is included", () => {
    const bytes = { transferBytes: 100_000 - 1_000 - 4 * 64 };
    const month = monthOf(costed({ cpuMs: 20, region: "fra1" }), 20_000_000, bytes);
    expect(line(month, "active CPU")).toBeCloseTo(111.111_111 * 0.184, 5); // 20.444444
    expect(line(month, "provisioned memory")).toBeCloseTo(222.222_222 * 0.0152, 5); // 3.377778
    expect(line(month, "edge requests")).toBeCloseTo(10 * 3.2, 9);
    expect(line(month, "data transfer")).toBeCloseTo(1_000 * 0.35, 6);
    expect(line(month, "origin transfer")).toBeCloseTo(2_000 * 0.43, 6);
    expect(month.usd).toBeCloseTo(20.444_444 + 3.377_778 + 12 + 32 + 350 + 860, 4);
  });

  test("4: the same in iad1", () => {
    const bytes = { transferBytes: 100_000 - 1_000 - 4 * 64 };
    const month = monthOf(costed({ cpuMs: 20 }), 20_000_000, bytes);
    const used = 111.111_111 * 0.128 + 222.222_222 * 0.0106 + 12 + 10 * 2 + 1_000 * 0.15 + 2_000 * 0.06;
    expect(month.usd).toBeCloseTo(used, 4);
  });

  test("5: a function that waits for gpt-4o-mini: memory for the wait, tokens beside the credit", () => {
    const chat = costed({
      mode: "external",
      task: "chat",
      cpuMs: 2,
      tokensIn: 128,
      tokensOut: 128,
      modelId: "gpt-4o-mini",
    });
    const month = monthOf(chat, 1_000_000, { transferBytes: 1_000_000_000 / 1_000_000 });
    // 500 ms + 128 tokens at 50/s = 3.06 s; 1,000,000 × 3.06 s × 2 GB = 1,700 GB-h.
    expect(line(month, "provisioned memory")).toBeCloseTo(1_700 * 0.0106, 6); // 18.02
    expect(line(month, "active CPU")).toBeCloseTo((2_000 / 3_600) * 0.128, 9); // 0.071111
    // $0.15 and $0.60 a million: 128 × 0.15 + 128 × 0.60 = 96 µ$ a call.
    expect(line(month, "tokens")).toBeCloseTo(96, 6);
    // Traffic: 1,000 + 4 × 128 in, 1,000 out: 2.512 GB.
    const used = 18.02 + 0.071_111 + 0.6 + 2.512 * 0.06;
    expect(month.usd).toBeCloseTo(20 + Math.max(0, used - 20) + 96, 4);
  });

  test("6: ten at once in an instance: memory for the time in which any request is in flight", () => {
    const chat = costed({ mode: "external", task: "chat", cpuMs: 2, tokensIn: 128, tokensOut: 128, concurrency: 10 });
    const month = monthOf(chat, 1_000_000);
    // Little: 1,000,000 / 2,592,000 s × 3.06 s = 1.180556 in flight. More than ten at once is rarer than one in ten million.
    const busy = 1 - Math.exp(-1.180_555_6);
    expect(busy).toBeCloseTo(0.6929, 4);
    expect(line(month, "provisioned memory")).toBeCloseTo(busy * 720 * 2 * 0.0106, 4); // 10.58 instead of 18.02
  });
});

test("a model keeps a core busy: no more share an instance than there are vCPUs", () => {
  // 10,000,000 s of work are 5,555.56 GB-h, one at a time.
  expect(memoryUsd(1, 1)).toBeCloseTo(5_555.555_6 * 0.0106, 4);
  expect(memoryUsd(50, 1)).toBe(memoryUsd(1, 1));
  // 3.858 in flight, two to an instance: (3.858 + P(odd)) / 2 = (3.858 + (1 − e^−7.716) / 2) / 2 = 2.1789 busy instances.
  expect(memoryUsd(50, 2)).toBeCloseTo(2.178_9 * 720 * 2 * 0.0106, 1);
});

describe("Cloudflare", () => {
  test("7: 30,000,000 requests of 5 ms: no traffic, no waiting", () => {
    const call = costed({ mode: "external", cpuMs: 5, modelId: "text-embedding-3-small" });
    const month = monthOf(call, 30_000_000, { platform: "cloudflare", transferBytes: 1_000_000 });
    expect(line(month, "requests")).toBeCloseTo(20 * 0.3, 9); // 6.00
    expect(line(month, "CPU time")).toBeCloseTo((150 - 30) * 0.02, 9); // 2.40
    expect(line(month, "tokens")).toBeCloseTo(30 * 64 * 0.02, 6); // 38.40
    expect(month.usd).toBeCloseTo(5 + 6 + 2.4 + 38.4, 6);
    expect(month.free).toMatchObject({ plan: "Workers Free", fits: false });
  });

  test("8: Workers AI: 10,000 free neurons a day at $0.011 a thousand are $3.30 a month", () => {
    const call = costed({ mode: "external", cpuMs: 2, modelId: "workers-ai:bge-small" });
    const month = monthOf(call, 10_000_000, { platform: "cloudflare" });
    expect(line(month, "tokens")).toBeCloseTo(640 * 0.02 - 3.3, 9); // 12.80 − 3.30
    expect(line(monthOf(call, 1_000_000, { platform: "cloudflare" }), "tokens")).toBe(0);
  });
});

describe("Workers AI by its own names", () => {
  test("the free neurons are taken off, on either platform", () => {
    const call = costed({ mode: "external", cpuMs: 2, modelId: "@cf/baai/bge-small-en-v1.5" });
    for (const platform of ["cloudflare", "vercel"] as const) {
      expect(line(monthOf(call, 10_000_000, { platform }), "tokens")).toBeCloseTo(640 * 0.02 - 3.3, 9);
    }
    const chat = costed({
      mode: "external",
      task: "chat",
      tokensIn: 128,
      tokensOut: 128,
      modelId: "@cf/meta/llama-3.1-8b-instruct-fp8-fast",
    });
    // 128 M tokens in and out at 0.045 and 0.384 a million.
    expect(line(monthOf(chat, 1_000_000), "tokens")).toBeCloseTo(128 * (0.045 + 0.384) - 3.3, 6); // 51.61
  });

  test("a model of it without a price has none, and no other model's", () => {
    expect(suppliesOf(costed({ mode: "external", modelId: "@cf/nobody/new-model-9b" }), { now })).toEqual([]);
  });

  test.each([
    ["llama-3.2-1b", "@cf/meta/llama-3.2-1b-instruct"],
    ["llama-3.2-3b", "@cf/meta/llama-3.2-3b-instruct"],
    ["llama-3.1-8b-fp8-fast", "@cf/meta/llama-3.1-8b-instruct-fp8-fast"],
    ["llama-3.3-70b-fp8-fast", "@cf/meta/llama-3.3-70b-instruct-fp8-fast"],
    ["llama-4-scout", "@cf/meta/llama-4-scout-17b-16e-instruct"],
    ["gpt-oss-20b", "@cf/openai/gpt-oss-20b"],
    ["gpt-oss-120b", "@cf/openai/gpt-oss-120b"],
    ["qwen3-30b-a3b-fp8", "@cf/qwen/qwen3-30b-a3b-fp8"],
    ["gemma-4-26b-a4b", "@cf/google/gemma-4-26b-a4b-it"],
    ["mistral-small-3.1-24b", "@cf/mistralai/mistral-small-3.1-24b-instruct"],
    ["granite-4.0-h-micro", "@cf/ibm-granite/granite-4.0-h-micro"],
    ["glm-4.7-flash", "@cf/zai-org/glm-4.7-flash"],
    ["bge-small", "@cf/baai/bge-small-en-v1.5"],
    ["bge-base", "@cf/baai/bge-base-en-v1.5"],
    ["bge-large", "@cf/baai/bge-large-en-v1.5"],
  ])("%s costs the same as %s: two readings of one page", (own, name) => {
    const call = { tokensIn: 128, tokensOut: own.startsWith("bge") ? 0 : 128, now };
    expect(callPrice(name, call)?.usd).toBeCloseTo(callPrice(`workers-ai:${own}`, call)?.usd ?? Number.NaN, 12);
  });
});

describe("who runs the model", () => {
  test("9: prices with tiers are those of one call, not of a month", () => {
    // Up to 200,000 tokens $3 and $15 a million, above $6 and $22.50.
    expect(line(monthOf(sonnet(100_000), 1_000), "tokens")).toBeCloseTo(1_000 * (0.1 * 3 + 0.001 * 15), 6); // 315
    expect(line(monthOf(sonnet(300_000), 1_000), "tokens")).toBeCloseTo(1_000 * (0.3 * 6 + 0.001 * 22.5), 6); // 1,822.50
    // 1,000,000 small calls are dearer than none of those tiers.
    expect(line(monthOf(sonnet(1_000), 1_000_000), "tokens")).toBeCloseTo(1_000_000 * (0.001 * 3 + 0.001 * 15), 3);
  });

  test("10: a GPU by the hour: 7.25B in fp16 × 1.2 is 17.4 GB, which an L4 holds and a T4 does not", () => {
    const own = costed({ mode: "hybrid", task: "chat", tokensIn: 128, tokensOut: 128, params: 7_248_023_552 });
    expect(7.248 * 2 * 1.2).toBeGreaterThan(14);
    expect(line(monthOf(own, 1_000), "endpoint hours")).toBeCloseTo(0.7 * 720, 9); // the L4 of gcp
    expect(line(monthOf(own, 1_000, { endpoint: "a10g" }), "endpoint hours")).toBeCloseTo(1 * 720, 9);
    expect(() => monthOf(own, 1_000, { endpoint: "t4" })).toThrow("does not fit t4");
    // A small encoder goes onto the smallest.
    const small = costed({ mode: "hybrid", params: 33_360_000 });
    expect(line(monthOf(small, 1_000), "endpoint hours")).toBeCloseTo(0.5 * 720, 9);
    // Generating one token reads 14.5 GB at 300 GB/s for 16 at once: 3.02 ms; 128 of them 0.387 s, and the prompt's
    // 2 × 7.25 G × 128 operations 0.051 s. At three times the mean 2,592,000 s are 1.97 M requests: 10 M take six.
    expect(line(monthOf(own, 10_000_000), "endpoint hours")).toBeCloseTo(6 * 0.7 * 720, 9);
  });

  test("11: break-even of an endpoint: $/h × 720 / $ a call, if one endpoint serves that many", () => {
    // An L4 at $0.80: $576 a month; 256 tokens at $0.18/M: 12.5 M requests, 3.2 G tokens. An L4 serves 1.9 M of them.
    const llama = { mode: "hybrid", task: "chat", tokensIn: 128, tokensOut: 128, params: 8_030_261_248 } as const;
    const host = suppliesOf(costed({ ...llama, mode: "external" }), {
      now,
      providerModel: "together:meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo",
    });
    const never = endpointAgainstTokens(costed(llama), host, { now, endpoint: "l4" });
    expect(never).toMatchObject({ requests: null, text: expect.stringContaining("would pay from 12,500,000 on") });
    // Against gpt-4o at $2.50 and $10: 1,600 µ$ a call, 360,000 requests.
    const dear = suppliesOf(costed({ ...llama, mode: "external" }), { now, providerModel: "openai:gpt-4o" });
    expect(endpointAgainstTokens(costed(llama), dear, { now, endpoint: "l4" })).toMatchObject({ requests: 360_000 });
  });

  test("12: a picture: 1024 × 768 at $0.003 a megapixel", () => {
    const image = costed({ mode: "external", task: "image", cpuMs: 2, modelId: "flux.1-schnell", params: 12e9 });
    expect(line(monthOf(image, 100_000), "pictures")).toBeCloseTo(100_000 * 0.786_432 * 0.003, 6); // 235.93
  });

  test("local runs nowhere else, and what nobody priced has no price", () => {
    expect(() => monthOf(costed(), 1, { platform: "cloudflare" })).toThrow("cannot run there");
    const unknown = costed({ mode: "hybrid", task: "chat", modelId: "nobody/knows" });
    expect(() => monthOf(unknown, 1)).toThrow("the size of the model is not known");
    expect(() => monthOf({ ...unknown, task: "image" }, 1)).toThrow("pictures");
    const mode = costed({ mode: "external", task: "chat" });
    expect(() => monthOf(mode, 1, { providerModel: "nobody:knows" })).toThrow("nobody:knows is in no price table");
  });
});

describe("free plans", () => {
  // Hobby (2026-08-31): 4 CPU-h, 360 GB-h, 1 M invocations, 1 M edge requests, 100 GB.
  test.each([
    ["4 CPU-h exactly", 14.4, 1_000_000, {}, true, "fits"],
    ["a little more", 14.5, 1_000_000, {}, false, "CPU"],
    ["one request more", 1, 1_000_001, {}, false, "invocations, edge requests"],
    ["100 GB", 1, 1_000_000, { transferBytes: 98_744 }, true, "fits"],
    ["more", 1, 1_000_000, { transferBytes: 98_800 }, false, "data transfer"],
  ] as const)("%s", (_, cpuMs, requests, settings, fits, text) => {
    const { free } = monthOf(costed({ cpuMs }), requests, settings);
    expect(free).toMatchObject({ plan: "Hobby", fits, text: expect.stringContaining(text) });
  });

  test("Hobby's 360 GB-h: 2 GB for 180 h of waiting", () => {
    const chat = costed({
      mode: "external",
      task: "chat",
      cpuMs: 2,
      tokensIn: 1,
      tokensOut: 475,
      modelId: "gpt-4o-mini",
    });
    // 10 s each: 64,800 requests are 180 h.
    expect(monthOf(chat, 64_800).free.fits).toBe(true);
    expect(monthOf(chat, 64_900).free).toMatchObject({ fits: false, text: expect.stringContaining("memory") });
  });

  test("Workers: 100,000 requests a day of at most 10 ms", () => {
    expect([fitsWorkers(10, 3_000_000), fitsWorkers(10.1, 10), fitsWorkers(10, 3_000_100)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
