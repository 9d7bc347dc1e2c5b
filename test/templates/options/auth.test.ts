import { expect, it } from "vitest";
import { load, pass, refusal } from "./calls.ts";

const KEYS = "first-key-0123456789, second-key-9876543210 ,";

async function identify(headers: Record<string, string>, env: Record<string, string> = { APP_API_KEYS: KEYS }) {
  const instance = await load(env);
  const auth = await instance.option("auth");
  const call = instance.callOf({}, { headers });
  const answer = pass(call, [auth], async () => Response.json({ caller: call.caller }));
  return { call, answer };
}

it.each([
  ["the first key", { authorization: "Bearer first-key-0123456789" }],
  ["another key", { authorization: "Bearer second-key-9876543210" }],
  ["any case of the scheme", { authorization: "bearer second-key-9876543210" }],
  ["x-api-key", { "x-api-key": "second-key-9876543210" }],
])("lets in %s", async (_, headers) => {
  const { call, answer } = await identify(headers);
  expect((await answer).status).toBe(200);
  expect(call.caller).toMatch(/^[0-9a-f]{16}$/);
});

it.each([
  ["no key", {}, "missing_api_key"],
  ["an empty key", { "x-api-key": "" }, "invalid_api_key"],
  ["an empty bearer", { authorization: "Bearer " }, "missing_api_key"],
  ["another scheme", { authorization: "Basic first-key-0123456789" }, "missing_api_key"],
  ["a wrong key of the same length", { authorization: "Bearer first-key-0123456780" }, "invalid_api_key"],
  ["the start of a key", { authorization: "Bearer first-key" }, "invalid_api_key"],
  ["a key with more behind it", { authorization: "Bearer first-key-01234567890" }, "invalid_api_key"],
  ["a key in upper case", { authorization: "Bearer FIRST-KEY-0123456789" }, "invalid_api_key"],
  ["all keys as one", { authorization: "Bearer first-key-0123456789,second-key-9876543210" }, "invalid_api_key"],
  [
    "a wrong bearer beside a good x-api-key",
    { authorization: "Bearer x", "x-api-key": "first-key-0123456789" },
    "invalid_api_key",
  ],
])("refuses %s", async (_, headers, code) => {
  const { call, answer } = await identify(headers);
  const error = await refusal(answer);
  expect(error).toMatchObject({ status: 401, code, headers: { "www-authenticate": "Bearer" } });
  expect(error.message).not.toContain("0123456789");
  expect(call.caller).toBe("anonymous");
});

it("knows a caller again, and callers apart", async () => {
  const first = await identify({ authorization: "Bearer first-key-0123456789" });
  const again = await identify({ "x-api-key": "first-key-0123456789" });
  const other = await identify({ "x-api-key": "second-key-9876543210" });
  await Promise.all([first.answer, again.answer, other.answer]);
  expect(again.call.caller).toBe(first.call.caller);
  expect(other.call.caller).not.toBe(first.call.caller);
});

it.each(["", " , "])("without a key (%j) is open while one develops, and closed in production", async (keys) => {
  const open = await identify({}, { APP_API_KEYS: keys });
  expect((await open.answer).status).toBe(200);
  expect(open.call.caller).toBe("anonymous");
  const closed = await identify({ authorization: "Bearer anything" }, { APP_API_KEYS: keys, VERCEL_ENV: "production" });
  expect(await refusal(closed.answer)).toMatchObject({ status: 503, code: "no_api_key_configured" });
});
