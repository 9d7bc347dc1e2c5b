import http from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { start, until } from "./fixture.ts";

/** Sends a chunk for every chunk of the request, so neither side can wait for the other to be complete. */
const echo = `export function POST(request) {
  const encoder = new TextEncoder(), decoder = new TextDecoder();
  return new Response(request.body.pipeThrough(new TransformStream({
    transform: (chunk, controller) => controller.enqueue(encoder.encode("<" + decoder.decode(chunk) + ">")),
  })));
}`;

test("request and response stream at the same time", async () => {
  const { host } = await start({ functions: { "api/x": echo } });
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const input = body.writable.getWriter();
  const sent = input.write(Buffer.from("one"));
  const response = await fetch(`${host.url}/api/x`, { method: "POST", body: body.readable, duplex: "half" });
  const output = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await output.read()).value).toBe("<one>");
  await sent;
  void input.write(Buffer.from("two"));
  expect((await output.read()).value).toBe("<two>");
  void input.close();
  expect((await output.read()).done).toBe(true);
});

test("chunks of a response arrive before the next one is made", async () => {
  const { host } = await start({
    functions: {
      "api/x": `let next;
        export function GET() {
          return new Response(new ReadableStream({ async start(controller) {
            for (const part of ["a", "b", "c"]) {
              controller.enqueue(new TextEncoder().encode(part));
              await new Promise((resolve) => { next = resolve });
            }
            controller.close();
          } }));
        }
        export function POST() { next(); return new Response(null) }`,
    },
  });
  const reader = (await fetch(`${host.url}/api/x`)).body!.pipeThrough(new TextDecoderStream()).getReader();
  for (const part of ["a", "b", "c"]) {
    expect((await reader.read()).value).toBe(part);
    await fetch(`${host.url}/api/x`, { method: "POST" });
  }
  expect((await reader.read()).done).toBe(true);
});

test("the head of a response arrives before its body, and that of a request before its body", async () => {
  const { host } = await start({
    functions: {
      "api/x": `export const GET = () => new Response(new ReadableStream({}), { headers: { "x-mine": "1" } });
        export const POST = () => new Response("early");`,
    },
  });
  const client = new AbortController();
  const response = await fetch(`${host.url}/api/x`, { signal: client.signal });
  expect(response.headers.get("x-mine")).toBe("1");
  client.abort();
  const upload = http.request(`${host.url}/api/x`, { method: "POST", headers: { "content-length": 10 }, agent: false });
  onTestFinished(() => void upload.destroy());
  upload.on("error", () => {}).flushHeaders();
  const early = await new Promise<http.IncomingMessage>((resolve) => upload.once("response", resolve));
  expect(early.statusCode).toBe(200);
});

test("a slow client holds the function back", async () => {
  const { host, logs } = await start({
    functions: {
      "api/x": `let made = 0;
        export const GET = () => new Response(new ReadableStream({
          pull(controller) { made++; controller.enqueue(new Uint8Array(64 * 1024)); if (made === 600) controller.close() },
        }));
        export const POST = () => new Response(String(made));`,
    },
  });
  const request = http.get(`${host.url}/api/x`);
  const response = await new Promise<http.IncomingMessage>((resolve) => request.once("response", resolve));
  response.pause();
  const made = async () => Number(await (await fetch(`${host.url}/api/x`, { method: "POST" })).text());
  let before = -1;
  await until(async () => before === (before = await made()));
  expect(before).toBeLessThan(300);
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) bytes += chunk.length;
  expect(bytes).toBe(600 * 64 * 1024);
  expect(logs).toEqual([]);
});

test("request.signal and the body's cancel fire when the client leaves", async () => {
  const { host, logs } = await start({
    functions: {
      "api/x": `export function GET(request) {
        request.signal.addEventListener("abort", () => console.log("signal"));
        return new Response(new ReadableStream({
          start: (controller) => controller.enqueue(new Uint8Array(1)),
          cancel: () => console.log("cancel"),
        }));
      }`,
    },
  });
  const client = new AbortController();
  const response = await fetch(`${host.url}/api/x`, { signal: client.signal });
  await response.body!.getReader().read();
  client.abort();
  await expect.poll(() => logs.toSorted()).toEqual(["[api/x] cancel", "[api/x] signal"]);
});

test("a stream that fails is cut, and the instance goes on", async () => {
  const { host, logs } = await start({
    functions: {
      "api/x": `export const GET = () => new Response(new ReadableStream({
          start: (controller) => controller.enqueue(new Uint8Array(10)),
          pull: async () => { await new Promise((resolve) => setTimeout(resolve, 50)); throw new Error("half way") },
        }));
        export const POST = () => new Response(String(process.pid));`,
    },
  });
  const pid = await (await fetch(`${host.url}/api/x`, { method: "POST" })).text();
  const response = await fetch(`${host.url}/api/x`);
  await expect(response.arrayBuffer()).rejects.toThrow("terminated");
  expect(await (await fetch(`${host.url}/api/x`, { method: "POST" })).text()).toBe(pid);
  await expect.poll(() => logs.join("\n")).toContain("half way");
});

test("a body that the handler does not read does not block the connection", async () => {
  const { host } = await start({ functions: { "api/x": `export const POST = () => new Response("early")` } });
  for (let round = 0; round < 5; round++) {
    const body = Buffer.alloc(1_000_000);
    expect(await (await fetch(`${host.url}/api/x`, { method: "POST", body })).text()).toBe("early");
  }
});

test("requests share one instance and run at once: two that wait for each other both finish", async () => {
  const { host } = await start({
    functions: {
      "api/x": `let first;
        export async function GET() {
          if (first === undefined) await new Promise((resolve) => { first = resolve });
          else first();
          return new Response(String(process.pid));
        }`,
    },
  });
  const [one, two] = await Promise.all([1, 2].map(async () => (await fetch(`${host.url}/api/x`)).text()));
  expect(one).toBe(two);
});
