import { expect, test } from "vitest";
import { ask, start } from "./fixture.ts";

const failed = { status: 500, headers: { "x-vercel-error": "FUNCTION_INVOCATION_FAILED", server: "Vercel" } };

/** `GET ?do=` crashes in several ways; POST says which process answers. */
const crasher = `const ways = {
  exit: () => process.exit(3),
  timer: () => { setTimeout(() => { throw new Error("from a timer") }, 10); return new Promise(() => {}) },
  rejection: () => { void Promise.reject(new Error("rejected")); return new Promise(() => {}) },
  throw: () => { throw new Error("from the handler") },
  nothing: () => undefined,
  kill: () => process.kill(process.pid, "SIGKILL"),
};
export const GET = (request) => ways[new URL(request.url).searchParams.get("do")]();
export const POST = () => new Response(String(process.pid));`;

const pidOf = async (host: Parameters<typeof ask>[0]) => (await ask(host, "/api/x", { method: "POST" })).text;

test.each(["exit", "timer", "rejection", "kill"])(
  "%s: 500, and the next request gets a fresh instance",
  async (way) => {
    const { host, logs } = await start({ functions: { "api/x": crasher } });
    const before = await pidOf(host);
    const answer = await ask(host, `/api/x?do=${way}`);
    expect(answer).toMatchObject(failed);
    expect(answer.text).toBe(
      `A server error has occurred\n\nFUNCTION_INVOCATION_FAILED\n\n${String(answer.headers["x-vercel-id"])}\n`,
    );
    const after = await pidOf(host);
    expect(after).toMatch(/^\d+$/);
    expect(after).not.toBe(before);
    expect(logs.join("\n")).toMatch(/\[api\/x\] (exited with \d|was ended by SIGKILL)/);
  },
);

test("every request on the crashed instance gets the 500", async () => {
  const { host } = await start({
    functions: { "api/x": `${crasher} export const PUT = () => new Promise(() => {});` },
  });
  await pidOf(host);
  const waiting = [1, 2, 3].map(() => ask(host, "/api/x", { method: "PUT" }));
  const crashed = ask(host, "/api/x?do=exit");
  for (const answer of await Promise.all([crashed, ...waiting])) expect(answer).toMatchObject(failed);
});

test("a stream on the crashed instance is cut", async () => {
  const { host } = await start({
    functions: {
      "api/x": `export const GET = () => new Response(new ReadableStream({ start: (controller) => {
        controller.enqueue(new Uint8Array(10)); setTimeout(() => process.exit(1), 50) } }))`,
    },
  });
  const response = await fetch(`${host.url}/api/x`);
  expect(response.status).toBe(200);
  await expect(response.arrayBuffer()).rejects.toThrow("terminated");
});

test.each(["throw", "nothing"])("a handler with %s: 500 for this request and no other", async (way) => {
  const { host, logs } = await start({ functions: { "api/x": crasher } });
  const before = await pidOf(host);
  expect(await ask(host, `/api/x?do=${way}`)).toMatchObject(failed);
  expect(await pidOf(host)).toBe(before);
  await expect.poll(() => logs.join("\n")).toMatch(/from the handler|returned undefined, not a Response/);
});

test("a Node.js handler that throws or rejects: the same", async () => {
  const { host } = await start({
    functions: {
      "api/x": `export default async (req, res) => {
        if (req.method === "POST") return res.send(String(process.pid));
        res.setHeader("x-half", "1"); throw new Error("no") }`,
    },
  });
  const before = await pidOf(host);
  const answer = await ask(host, "/api/x");
  expect(answer).toMatchObject(failed);
  expect(answer.headers["x-half"]).toBeUndefined();
  expect(await pidOf(host)).toBe(before);
});

test("a throw at import: 500 each time, with its stack in the log", async () => {
  const { host, logs } = await start({
    functions: { "api/x": `throw new Error("at import")`, "api/y": `export const GET = () => new Response("fine")` },
  });
  expect(await ask(host, "/api/x")).toMatchObject(failed);
  expect(await ask(host, "/api/x")).toMatchObject(failed);
  expect((await ask(host, "/api/y")).text).toBe("fine");
  expect(logs.join("\n")).toMatch(/\[api\/x\] Error: at import[^]*\[api\/x\] exited with 1/);
});
