import { expect, it } from "vitest";
import { clientIp } from "../../../templates/app/lib/client-ip.ts";
import { Gcra } from "../../../templates/app/lib/gcra.ts";
import { load, pass, refusal } from "./calls.ts";

const ok = async (): Promise<Response> => Response.json({});

it("lets a burst pass, then one per interval", () => {
  const gcra = new Gcra({ intervalMs: 100, burst: 3 });
  const waits = [0, 0, 0, 0, 50, 100, 100, 1_000, 1_000, 1_000, 1_000].map((nowMs) => gcra.decide("a", nowMs).waitMs);
  expect(waits).toEqual([0, 0, 0, 100, 50, 0, 100, 0, 0, 0, 100]);
});

it.each([4_095.7, 8_191.3, 16_383.1, 65_535.9])("reckons in whole milliseconds (%d)", (nowMs) => {
  expect(new Gcra({ intervalMs: 1_000, burst: 2 }).decide("a", nowMs)).toEqual({ waitMs: 0, busyMs: 1_000 });
});

it("a refused request costs nothing", () => {
  const gcra = new Gcra({ intervalMs: 100, burst: 1 });
  expect(gcra.decide("a", 0).waitMs).toBe(0);
  for (let asked = 0; asked < 50; asked++) expect(gcra.decide("a", 10).waitMs).toBe(90);
  expect(gcra.decide("a", 100).waitMs).toBe(0);
});

it("tenants do not share, and are not kept for ever", () => {
  const gcra = new Gcra({ intervalMs: 1_000, burst: 1 });
  expect(gcra.decide("a", 0).waitMs).toBe(0);
  expect(gcra.decide("b", 0).waitMs).toBe(0);
  expect(gcra.decide("a", 0).waitMs).toBe(1_000);
  for (let tenant = 0; tenant < 10_000; tenant++) gcra.decide(`t${tenant}`, 0);
  expect(gcra.decide("a", 0).waitMs).toBe(0);
});

it("tells callers where they stand", async () => {
  const instance = await load({ RATE_LIMIT_PER_MINUTE: "1", RATE_LIMIT_BURST: "2" });
  const rateLimit = await instance.option("rateLimit");
  // Several, since what a clock says behind the point must not matter.
  for (let client = 0; client < 30; client++) {
    const headers = { "x-real-ip": `192.0.2.${client}` };
    const ask = () => pass(instance.callOf({}, { headers }), [rateLimit], ok);
    expect(Object.fromEntries((await ask()).headers)).toMatchObject({
      "ratelimit-limit": "2",
      "ratelimit-remaining": "1",
      "ratelimit-reset": "60",
    });
    expect((await ask()).headers.get("ratelimit-remaining")).toBe("0");
    expect(await refusal(ask())).toMatchObject({
      status: 429,
      code: "rate_limited",
      headers: { "retry-after": "60", "ratelimit-remaining": "0", "ratelimit-limit": "2" },
    });
  }
});

it("counts by key where there is one, by address where there is none", async () => {
  const instance = await load({ RATE_LIMIT_BURST: "1" });
  const rateLimit = await instance.option("rateLimit");
  const statusOf = async (caller: string, address: string) => {
    const call = instance.callOf({}, { headers: { "x-real-ip": address, "x-forwarded-for": String(Math.random()) } });
    call.caller = caller;
    return pass(call, [rateLimit], ok).then(
      ({ status }) => status,
      ({ status }: { status: number }) => status,
    );
  };
  expect(await statusOf("anonymous", "192.0.2.1")).toBe(200);
  expect(await statusOf("anonymous", "192.0.2.2")).toBe(200);
  expect(await statusOf("anonymous", "192.0.2.1")).toBe(429);
  expect(await statusOf("key-a", "192.0.2.1")).toBe(200);
  expect(await statusOf("key-b", "192.0.2.1")).toBe(200);
  expect(await statusOf("key-a", "192.0.2.3")).toBe(429);
});

it.each(["0", "-5", "lots", ""])("a setting of %j is no setting", async (setting) => {
  const instance = await load({ RATE_LIMIT_BURST: setting, RATE_LIMIT_PER_MINUTE: setting });
  const response = await pass(instance.callOf({}), [await instance.option("rateLimit")], ok);
  expect(response.headers.get("ratelimit-limit")).toBe("20");
});

it.each([
  ["192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::ffff:192.0.2.7", "::ffff:192.0.2.7"],
])("the client %s is %s", (address, name) => {
  expect(clientIp(new Request("http://app.test", { headers: { "x-real-ip": address } }))).toBe(name);
});

it("a client without an address is one with all others of its kind", () => {
  expect(clientIp(new Request("http://app.test"))).toBe("unknown");
});
