import http from "node:http";
import { expect, test } from "vitest";
import { ask, start } from "./fixture.ts";

/** Seconds; the cold start on a busy machine has to fit in. */
const maxDuration = 2;
const MAX_BODY_BYTES = 4.5 * 1024 * 1024;
const count = `export async function POST(request) { return new Response(String((await request.arrayBuffer()).byteLength)) }`;
const requestId = /dev1::dev1::[0-9a-f]{5}-\d{13}-[0-9a-f]{12}/;

test("maxDuration: 504 with Vercel's shape, the request is aborted, the instance goes on", async () => {
  const { host, logs } = await start({
    functions: {
      "api/x": {
        files: {
          "index.mjs": `export function GET(request) {
              request.signal.addEventListener("abort", () => console.log("aborted"));
              return new Promise(() => {});
            }
            export const POST = () => new Response(String(process.pid));`,
        },
        config: { maxDuration },
      },
    },
  });
  const pid = (await ask(host, "/api/x", { method: "POST" })).text;
  const { status, headers, text } = await ask(host, "/api/x");
  expect(status).toBe(504);
  expect(headers).toMatchObject({ "x-vercel-error": "FUNCTION_INVOCATION_TIMEOUT", server: "Vercel" });
  expect(text).toBe(
    `An error occurred with your deployment\n\nFUNCTION_INVOCATION_TIMEOUT\n\n${String(headers["x-vercel-id"])}\n`,
  );
  expect(headers["x-vercel-id"]).toMatch(requestId);
  await expect.poll(() => logs).toEqual(["[api/x] timed out after 2 s", "[api/x] aborted"]);
  expect((await ask(host, "/api/x", { method: "POST" })).text).toBe(pid);
});

test("maxDuration after the first byte: the stream is cut", async () => {
  const { host } = await start({
    functions: {
      "api/x": {
        files: {
          "index.mjs": `export const GET = () => new Response(new ReadableStream({
            start: (controller) => controller.enqueue(new Uint8Array(10)) }))`,
        },
        config: { maxDuration },
      },
    },
  });
  const response = await fetch(`${host.url}/api/x`);
  expect(response.status).toBe(200);
  await expect(response.arrayBuffer()).rejects.toThrow("terminated");
});

test("a function stuck in a loop, or that never gets ready, is 504 and then replaced", async () => {
  const config = { maxDuration };
  const loop = `export const GET = () => { for (;;); }; export const POST = () => new Response("fresh")`;
  const { host } = await start({
    functions: {
      "api/loop": { files: { "index.mjs": loop }, config },
      "api/never": { files: { "index.mjs": "await new Promise(() => {}); export const GET = 1" }, config },
    },
  });
  const statuses = await Promise.all(["/api/loop", "/api/never"].map(async (path) => (await ask(host, path)).status));
  expect(statuses).toEqual([504, 504]);
  await expect
    .poll(async () => (await ask(host, "/api/loop", { method: "POST" })).text, { timeout: 20_000 })
    .toBe("fresh");
});

test("a request body of 4.5 MiB is fine", async () => {
  const { host } = await start({ functions: { "api/x": count } });
  const answer = await fetch(`${host.url}/api/x`, { method: "POST", body: Buffer.alloc(MAX_BODY_BYTES) });
  expect(await answer.text()).toBe(String(MAX_BODY_BYTES));
});

test("a longer one is 413, and the function does not run", async () => {
  const { host, logs } = await start({
    functions: { "api/x": `console.log("started"); export const POST = () => new Response("")` },
  });
  const answer = await fetch(`${host.url}/api/x`, { method: "POST", body: Buffer.alloc(MAX_BODY_BYTES + 1) });
  expect(answer.status).toBe(413);
  expect(answer.headers.get("x-vercel-error")).toBe("FUNCTION_PAYLOAD_TOO_LARGE");
  expect(await answer.text()).toMatch(
    new RegExp(`^Request Entity Too Large\\n\\nFUNCTION_PAYLOAD_TOO_LARGE\\n\\n${requestId.source}\\n$`),
  );
  expect(logs).toEqual([]);
});

test("a longer one without content-length is 413 too", async () => {
  const { host } = await start({ functions: { "api/x": count } });
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const request = http.request(`${host.url}/api/x`, { method: "POST", agent: false }, resolve).once("error", reject);
    for (let sent = 0; sent <= MAX_BODY_BYTES; sent += 256 * 1024) request.write(Buffer.alloc(256 * 1024));
    request.end();
  });
  answer.resume();
  expect([answer.statusCode, answer.headers["x-vercel-error"]]).toEqual([413, "FUNCTION_PAYLOAD_TOO_LARGE"]);
});

test("an error is JSON for a client that asks for JSON", async () => {
  const { host } = await start({});
  const { status, text } = await ask(host, "/nothing", { headers: { accept: "application/json" } });
  expect([status, JSON.parse(text)]).toEqual([404, { error: { code: "404", message: "The page could not be found" } }]);
});
