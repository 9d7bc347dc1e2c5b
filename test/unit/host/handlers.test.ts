import { expect, test } from "vitest";
import { ask, start } from "./fixture.ts";

test("named methods: each has its handler, every other method is 405 with an empty body", async () => {
  const { host } = await start({
    functions: {
      "api/x": `export function GET(request) { return new Response("get " + new URL(request.url).search) }
        export async function POST(request) { return Response.json(await request.json(), { status: 201 }) }`,
    },
  });
  expect(await (await fetch(`${host.url}/api/x?a=1`)).text()).toBe("get ?a=1");
  const post = await fetch(`${host.url}/api/x`, { method: "POST", body: '{"n":1}' });
  expect([post.status, await post.json()]).toEqual([201, { n: 1 }]);
  for (const method of ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "PROPFIND"]) {
    const other = await fetch(`${host.url}/api/x`, { method });
    expect([method, other.status, await other.text()]).toEqual([method, 405, ""]);
  }
});

test("fetch takes every method; a named method wins over it", async () => {
  const { host } = await start({
    functions: {
      "api/x": `export default { fetch: (request) => new Response("fetch " + request.method), PUT: () => new Response("put") }`,
    },
  });
  const bodies = await Promise.all(
    ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"].map(async (method) =>
      (await fetch(`${host.url}/api/x`, { method })).text(),
    ),
  );
  expect(bodies).toEqual(["fetch GET", "fetch POST", "put", "fetch DELETE", "fetch PATCH", "fetch OPTIONS"]);
  const head = await fetch(`${host.url}/api/x`, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("default exports are unwrapped", async () => {
  const { host } = await start({
    functions: { "api/x": `export default { default: { default: { fetch: () => new Response("deep") } } }` },
  });
  expect((await ask(host, "/api/x")).text).toBe("deep");
});

test("a web request has the URL the client asked for, and its headers", async () => {
  const { host } = await start({
    functions: {
      "api/x": `export const GET = (request) => Response.json({ url: request.url, ...Object.fromEntries(request.headers) })`,
    },
  });
  const headers = { host: `localhost:${host.port}`, "x-mine": "1", "x-forwarded-host": "evil", "x-real-ip": "9.9.9.9" };
  const { text } = await ask(host, "/api/x?q=a%20b", { headers });
  expect(JSON.parse(text)).toMatchObject({
    url: `http://localhost:${host.port}/api/x?q=a%20b`,
    "x-mine": "1",
    "x-forwarded-host": `localhost:${host.port}`,
    "x-forwarded-proto": "http",
    "x-real-ip": "127.0.0.1",
  });
});

test("a web response keeps status, headers and several set-cookie; one chunk gets a content-length", async () => {
  const { host } = await start({
    functions: {
      "api/x": `export function GET() {
        const headers = new Headers({ "x-mine": "1" });
        headers.append("set-cookie", "a=1"); headers.append("set-cookie", "b=2");
        return new Response("hello", { status: 418, headers });
      }`,
      "api/empty": `export const GET = () => new Response(null, { status: 204 }); export const POST = () => new Response(null)`,
    },
  });
  const { status, headers, text } = await ask(host, "/api/x");
  expect({ status, text }).toEqual({ status: 418, text: "hello" });
  expect(headers).toMatchObject({ "x-mine": "1", "set-cookie": ["a=1", "b=2"], "content-length": "5" });
  expect((await ask(host, "/api/empty")).status).toBe(204);
  expect((await ask(host, "/api/empty", { method: "POST" })).headers["content-length"]).toBe("0");
});

test("answers carry the platform's headers, and cache-control only when the function says none", async () => {
  const { host } = await start({
    functions: {
      "api/x": `export const GET = () => new Response("x", { headers: { server: "mine" } })`,
      "api/y": `export const GET = () => new Response("y", { headers: { "cache-control": "no-store" } })`,
    },
  });
  expect((await ask(host, "/api/x")).headers).toMatchObject({
    server: "Vercel",
    "x-vercel-id": expect.stringMatching(/^dev1::dev1::[0-9a-f]{5}-\d{13}-[0-9a-f]{12}$/),
    "x-vercel-cache": "MISS",
    "x-matched-path": "/api/x",
    "cache-control": "public, max-age=0, must-revalidate",
  });
  expect((await ask(host, "/api/y")).headers["cache-control"]).toBe("no-store");
});

const nodeHandler = `module.exports = (req, res) => {
  const { pathname } = new URL(req.url, "http://x");
  if (req.query.redirect) return res.redirect(req.query.redirect);
  if (req.query.text) return res.status(202).send("text");
  if (req.query.buffer) return res.send(Buffer.from("bytes"));
  res.status(201).json({ pathname, query: req.query, cookies: req.cookies, body: req.body });
};`;
const commonjs = { files: { "index.cjs": nodeHandler }, config: { handler: "index.cjs" } };

test("a CommonJS Node.js handler has the helpers of @vercel/node", async () => {
  const { host } = await start({ functions: { "api/x": commonjs } });
  const answer = await fetch(`${host.url}/api/x?a=1&b=2&b=3`, {
    method: "POST",
    headers: { "content-type": "application/json; charset=utf-8", cookie: 'c=%20d; e="f"' },
    body: '{"n":1}',
  });
  expect(answer.status).toBe(201);
  expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(answer.headers.get("etag")).toMatch(/^W\/"[0-9a-f]+-.{27}"$/);
  expect(await answer.json()).toEqual({
    pathname: "/api/x",
    query: { a: "1", b: ["2", "3"] },
    cookies: { c: " d", e: "f" },
    body: { n: 1 },
  });
  const text = await ask(host, "/api/x?text=1");
  expect([text.status, text.text, text.headers["content-type"]]).toEqual([202, "text", "text/html; charset=utf-8"]);
  expect((await ask(host, "/api/x?buffer=1")).headers["content-type"]).toBe("application/octet-stream");
  const redirect = await ask(host, "/api/x?redirect=/y");
  expect([redirect.status, redirect.headers.location]).toEqual([307, "/y"]);
});

test.each([
  ["application/json", "", '{"body":{}}'],
  ["application/x-www-form-urlencoded", "a=1&a=2", '{"body":{"a":["1","2"]}}'],
  ["text/plain", "hi", '{"body":"hi"}'],
  ["image/png", "hi", "{}"],
])("req.body of %s", async (contentType, body, expected) => {
  const { host } = await start({
    functions: { "api/x": "export default (req, res) => res.json({ body: req.body })" },
  });
  const answer = await fetch(`${host.url}/api/x`, { method: "POST", headers: { "content-type": contentType }, body });
  expect(await answer.text()).toBe(expected);
});

test("req.body that is not JSON is 400, and only that request", async () => {
  const { host } = await start({ functions: { "api/x": commonjs } });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${host.url}/api/x`, { method: "POST", headers, body: "{" });
  expect([answer.status, await answer.text()]).toEqual([400, "Invalid JSON"]);
  expect((await ask(host, "/api/x")).status).toBe(201);
});

test("a Node.js handler can still read the stream", async () => {
  const read = `let text = ""; for await (const chunk of req) text += chunk; res.end(text)`;
  const { host } = await start({
    functions: {
      "api/loop": `export default async (req, res) => { ${read} }`,
      "api/pipe": `export default (req, res) => { req.pipe(res) }`,
      "api/plain": {
        files: { "index.mjs": `export default async (req, res) => { ${read} + String(req.body) }` },
        config: { shouldAddHelpers: false },
      },
    },
  });
  const request = { method: "POST", headers: { "content-type": "text/plain" }, body: "hello" };
  for (const name of ["loop", "pipe"])
    expect(await (await fetch(`${host.url}/api/${name}`, request)).text()).toBe("hello");
  expect(await (await fetch(`${host.url}/api/plain`, request)).text()).toBe("hello");
});

test("waitUntil of the request context runs on, and is awaited before the instance ends", async () => {
  const { host, logs } = await start({
    functions: {
      "api/x": `export function GET() {
        const context = globalThis[Symbol.for("@vercel/request-context")].get();
        context.waitUntil(new Promise((done) => setTimeout(() => { console.log("saved", context.url); done() }, 300)));
        return new Response(context.headers["x-mine"]);
      }`,
    },
  });
  expect((await ask(host, "/api/x", { headers: { "x-mine": "1" } })).text).toBe("1");
  expect(logs).toEqual([]);
  await host.close();
  expect(logs).toEqual([`[api/x] saved http://127.0.0.1:${host.port}/api/x`]);
});

test("what a function prints is logged a line at a time after its name", async () => {
  const { host, logs } = await start({
    functions: {
      "api/x": `export function GET() { console.log("one\\ntwo"); console.error("three"); return new Response("") }`,
    },
  });
  await ask(host, "/api/x");
  await expect.poll(() => logs.toSorted()).toEqual(["[api/x] one", "[api/x] three", "[api/x] two"]);
});

test("a module without a handler is a clear error", async () => {
  const { host, logs } = await start({ functions: { "api/x": `export const answer = 42` } });
  expect((await ask(host, "/api/x")).status).toBe(500);
  await expect.poll(() => logs.join("\n")).toContain("Can't detect way to handle request");
});

test("edge functions and other runtimes say that they do not run here", async () => {
  const edge = { files: {}, config: { runtime: "edge" } };
  const python = { files: {}, config: { runtime: "python3.12" } };
  const { host } = await start({ functions: { "api/e": edge, "api/p": python } });
  expect(await ask(host, "/api/e")).toMatchObject({
    status: 501,
    text: expect.stringContaining("api/e uses the edge"),
  });
  expect((await ask(host, "/api/p")).text).toContain("api/p uses the runtime python3.12");
});
