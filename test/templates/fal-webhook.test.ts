// fal's keys: what is done with them when they cannot be had, or somebody makes us ask for them.
import type { ServerResponse } from "node:http";
import { beforeEach, expect, it, vi } from "vitest";
import { FalSigner } from "../../src/fake-provider/fal-signer.ts";
import { loadLib } from "../unit/templates/core/load-route.ts";
import { sendJson, startUpstream, type Upstream } from "../unit/templates/core/upstream.ts";

const HOUR_MS = 3_600_000;
const BODY = "{}";
const fal = new FalSigner();
const forger = new FalSigner();
const good = (res: ServerResponse): void => sendJson(res, 200, fal.jwks);

beforeEach(() => {
  vi.spyOn(console, "error").mockReturnValue();
});

/** What a webhook that this one has signed is answered with. */
type Check = (signer: FalSigner, nowMs: number) => Promise<string>;

/** An instance that reads its keys from there. */
async function start(answer: (res: ServerResponse) => void): Promise<{ jwks: Upstream; check: Check }> {
  const jwks = await startUpstream((res) => answer(res));
  const { verifyWebhook } = await loadLib(["fal-webhook"], { FAL_JWKS_URL: `${jwks.baseUrl}/jwks.json` });
  const check: Check = async (signer, nowMs) => {
    const headers = new Headers(signer.headers("id", BODY, nowMs));
    return verifyWebhook(headers, new TextEncoder().encode(BODY), nowMs).catch(({ code }: { code: string }) => code);
  };
  return { jwks, check };
}

it.each<[string, (res: ServerResponse) => void]>([
  ["a failure in JSON", (res) => sendJson(res, 500, { keys: [] })],
  ["a failure that has a key in it", (res) => sendJson(res, 503, forger.jwks)],
  ["an empty list", (res) => sendJson(res, 200, { keys: [] })],
  ["no list", (res) => sendJson(res, 200, {})],
  ["a broken key", (res) => sendJson(res, 200, { keys: [{ kty: "OKP", crv: "Ed25519", x: "?" }] })],
])("keys that are old stay when the answer is %s", async (_, answer) => {
  let isWell = true;
  const { jwks, check } = await start((res) => (isWell ? good : answer)(res));
  const nowMs = Date.now();
  expect(await check(fal, nowMs)).toBe("id");
  isWell = false;
  expect(await check(fal, nowMs + 25 * HOUR_MS)).toBe("id");
  expect(await check(forger, nowMs + 25 * HOUR_MS)).toBe("not_from_fal");
  isWell = true;
  expect(await check(fal, nowMs + 26 * HOUR_MS)).toBe("id");
  expect(jwks.asked.length).toBe(3);
});

it("a failure is remembered: 50 forged webhooks, one request, also one after the other", async () => {
  let isWell = false;
  const { jwks, check } = await start((res) => (isWell ? good(res) : sendJson(res, 500, { keys: [] })));
  const nowMs = Date.now();
  const forged = await Promise.all(Array.from({ length: 50 }, () => check(forger, nowMs)));
  for (let n = 0; n < 50; n++) forged.push(await check(forger, nowMs + n * 100));
  expect([new Set(forged), jwks.asked.length]).toEqual([new Set(["keys_unavailable"]), 1]);
  isWell = true;
  expect([await check(fal, nowMs + 11_000), jwks.asked.length]).toEqual(["id", 2]);
});

it("new keys are looked for once for all who come with them, and not for each forger", async () => {
  const { jwks, check } = await start(good);
  const nowMs = Date.now();
  expect(await check(fal, nowMs)).toBe("id");
  const forged = Array.from({ length: 50 }, () => check(forger, nowMs + 61_000));
  expect(new Set(await Promise.all(forged))).toEqual(new Set(["not_from_fal"]));
  expect(jwks.asked.length).toBe(2);
});
