import fs from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { startHost } from "../../../src/host/host.ts";
import { ask, launcher, makeProject, start } from "./fixture.ts";

const statics = {
  "index.html": "home",
  "about.html": "about",
  "docs/index.html": "docs",
  "app.js": "1",
  "a b.txt": "space",
  "404.html": "lost",
};

test("files, index.html of folders, content types", async () => {
  const { host } = await start({ statics });
  const seen = await Promise.all(
    ["/", "/docs", "/docs/", "/about.html", "/app.js", "/a%20b.txt"].map(async (target) => {
      const { status, text, headers } = await ask(host, target);
      return [target, status, text, headers["content-type"]];
    }),
  );
  const html = "text/html; charset=utf-8";
  expect(seen).toEqual([
    ["/", 200, "home", html],
    ["/docs", 200, "docs", html],
    ["/docs/", 200, "docs", html],
    ["/about.html", 200, "about", html],
    ["/app.js", 200, "1", "text/javascript; charset=utf-8"],
    ["/a%20b.txt", 200, "space", "text/plain; charset=utf-8"],
  ]);
});

test("ETag and 304, HEAD, 405", async () => {
  const { host } = await start({ statics });
  const { headers } = await ask(host, "/app.js");
  const again = await ask(host, "/app.js", { headers: { "if-none-match": `"x", ${String(headers.etag)}` } });
  expect([again.status, again.text]).toEqual([304, ""]);
  const head = await ask(host, "/about.html", { method: "HEAD" });
  expect([head.status, head.headers["content-length"], head.text]).toEqual([200, "5", ""]);
  expect(await ask(host, "/app.js", { method: "POST" })).toMatchObject({ status: 405 });
  expect(headers["cache-control"]).toBe("public, max-age=0, must-revalidate");
});

test("overrides move a file and name its type; routes add headers, redirect, and show a 404 page", async () => {
  const { host } = await start({
    statics: { ...statics, data: "{}" },
    config: {
      overrides: { "about.html": { path: "about" }, data: { contentType: "application/json" } },
      routes: [
        { src: "^/(.*)\\.html$", headers: { Location: "/$1" }, status: 308 },
        { src: "^/(.*)$", headers: { "x-a": "1" }, continue: true },
        { handle: "filesystem" },
        { handle: "error" },
        { status: 404, src: "^(?!/api).*$", dest: "/404.html" },
      ],
    },
  });
  expect(await ask(host, "/about")).toMatchObject({ status: 200, text: "about", headers: { "x-a": "1" } });
  expect(await ask(host, "/about.html?q=1")).toMatchObject({ status: 308, headers: { location: "/about?q=1" } });
  expect((await ask(host, "/data")).headers["content-type"]).toBe("application/json");
  expect(await ask(host, "/nope")).toMatchObject({ status: 404, text: "lost" });
});

test("what is not there is Vercel's 404", async () => {
  const { host } = await start({ functions: { "api/x": "export const GET = 1" } });
  const { status, headers, text } = await ask(host, "/nope");
  expect([status, headers["x-vercel-error"]]).toEqual([404, "NOT_FOUND"]);
  expect(text).toBe(`The page could not be found\n\nNOT_FOUND\n\n${String(headers["x-vercel-id"])}\n`);
});

test.each([
  "/../../../package.json",
  "/..%2f..%2f..%2fsecret.txt",
  "/%2e%2e/%2e%2e/%2e%2e/secret.txt",
  "/docs/..%5c..%5csecret.txt",
  "/../config.json",
  "//secret.txt",
  "/link.txt",
  "/%00",
  "/%zz",
  "/functions/api/x.func/index.mjs",
])("%s does not leave the static folder", async (target) => {
  const { projectDir, outputDir } = await makeProject({ statics, functions: { "api/x": "secret" } });
  await fs.writeFile(path.join(projectDir, "secret.txt"), "secret");
  await fs.symlink("/etc/hostname", path.join(outputDir, "static", "link.txt"));
  const logs: string[] = [];
  const onLog = (line: string) => void logs.push(line);
  await using host = disposable(await startHost({ projectDir, outputDir, port: 0, env: {}, onLog, launcher }));
  const { status, text } = await ask(host.value, target);
  expect(status).toBe(404);
  expect(text).not.toMatch(/secret(?!\.)/);
  expect(logs).toEqual(["warning: static/link.txt is a link out of the project and is not served"]);
});

function disposable<T extends { close(): Promise<void> }>(value: T) {
  return { value, [Symbol.asyncDispose]: () => value.close() };
}
