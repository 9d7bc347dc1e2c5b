import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import readline from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { startHost } from "../../../src/host/host.ts";
import { ask, askJson, isRunning, launcher, makeProject, start, temporaryDir, until, writeOutput } from "./fixture.ts";

interface Who {
  pid: number;
  cwd: string;
  child?: number;
}
/** GET says which process answers, and from which folder. */
const who = `export const GET = () => Response.json({ pid: process.pid, cwd: process.cwd() });`;

test("a folder that is missing or not valid is BAD_CONFIG", async () => {
  const dir = await temporaryDir();
  const options = { projectDir: dir, port: 0, env: {}, onLog: () => {}, launcher };
  const problem = { code: "BAD_CONFIG", hint: "run edge-ai build" };
  await expect(startHost({ ...options, outputDir: path.join(dir, "no") })).rejects.toMatchObject(problem);
  await writeOutput(dir, { config: { version: 2 } });
  await expect(startHost({ ...options, outputDir: dir })).rejects.toMatchObject(problem);
});

test("a port in use is PORT", async () => {
  const { host, ...project } = await start({});
  const started = startHost({ ...project, port: host.port, env: {}, onLog: () => {}, launcher });
  await expect(started).rejects.toMatchObject({ code: "PORT", message: `port ${host.port} is in use` });
});

test.each([
  ["localhost:3000", 404],
  ["127.0.0.1", 404],
  ["[::1]:80", 404],
  ["evil.example", 403],
  ["localhost.evil.example", 403],
  ["127.0.0.1.evil.example:80", 403],
])("Host %s: %i", async (name, status) => {
  const { host } = await start({});
  const answer = await ask(host, "/nope", { headers: { host: name } });
  expect(answer.status).toBe(status);
  expect(answer.text.includes(`was asked for "${name}"`)).toBe(status === 403);
});

test("close leaves no process and no folder, also when a function ignores SIGTERM or has children", async () => {
  const stubborn = `import { spawn } from "node:child_process";
    process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    export const GET = () => Response.json({ pid: process.pid, child: child.pid, cwd: process.cwd() });
    export const POST = () => new Promise(() => {});`;
  const { host } = await start({ functions: { "api/x": who, "api/y": stubborn } });
  const answers = await Promise.all([askJson<Who>(host), askJson<Who>(host, "/api/y")]);
  const hanging = ask(host, "/api/y", { method: "POST" }).catch(() => undefined);
  const startedMs = Date.now();
  await host.close();
  expect(Date.now() - startedMs).toBeLessThan(5_000);
  await hanging;
  for (const { pid, child, cwd } of answers) {
    expect(isRunning(pid)).toBe(false);
    if (child !== undefined) await until(() => !isRunning(child));
    expect(existsSync(path.resolve(cwd, "../../.."))).toBe(false);
  }
  await expect(ask(host, "/")).rejects.toThrow("ECONNREFUSED");
});

test("close ends a function that is stuck in a loop", async () => {
  const stuck = `export const GET = () => { console.log(process.pid); for (;;); }`;
  const { host, logs } = await start({ functions: { "api/x": stuck } });
  const answer = ask(host, "/api/x");
  await until(() => logs.length > 0);
  await host.close();
  expect((await answer).status).toBe(500);
  expect(isRunning(Number(logs[0]?.replace("[api/x] ", "")))).toBe(false);
});

test("close lets a request that is being answered finish", async () => {
  const slow = `export const GET = async () => { console.log("in"); await new Promise((done) => setTimeout(done, 500)); return new Response("done") }`;
  const { host, logs } = await start({ functions: { "api/x": slow } });
  const answer = ask(host, "/api/x");
  await until(() => logs.length > 0);
  await host.close();
  expect((await answer).text).toBe("done");
});

test("aborting the signal closes", async () => {
  const controller = new AbortController();
  const { host } = await start({ functions: { "api/x": who } }, { signal: controller.signal });
  const { pid } = await askJson<Who>(host);
  controller.abort();
  await until(() => !isRunning(pid));
  await expect(ask(host, "/")).rejects.toThrow("ECONNREFUSED");
});

/** GET says which version answers; POST answers with its body once that is complete. */
function version(name: string): string {
  return `export const GET = () => Response.json({ version: "${name}", pid: process.pid });
    export const POST = async (request) => { console.log("waiting"); return new Response("${name} " + await request.text()) };`;
}

test("swap: new requests get the new build, old ones finish on the old one, which then ends", async () => {
  const { host, outputDir, projectDir, logs } = await start({ functions: { "api/x": version("old") } });
  const old = await askJson<Who>(host);
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const waiting = fetch(`${host.url}/api/x`, { method: "POST", body: body.readable, duplex: "half" });
  const writer = body.writable.getWriter();
  void writer.write(Buffer.from("all "));
  await until(() => logs.length > 0);

  const next = path.join(projectDir, "next");
  await writeOutput(next, { functions: { "api/x": version("new") } });
  await host.swap(next);
  expect(await askJson(host)).toMatchObject({ version: "new" });
  await expect(host.swap(path.join(outputDir, "nothing"))).rejects.toMatchObject({ code: "BAD_CONFIG" });
  expect(await askJson(host)).toMatchObject({ version: "new" });

  expect(isRunning(old.pid)).toBe(true);
  void writer.write(Buffer.from("done"));
  void writer.close();
  expect(await (await waiting).text()).toBe("old all done");
  await until(() => !isRunning(old.pid));
});

/** Runs a host in a process of its own that says what GET /api/x answered. */
async function hostInChild(code: string) {
  const { projectDir, outputDir } = await makeProject({ functions: { "api/x": code } });
  const hostFile = new URL("../../../src/host/host.ts", import.meta.url).href;
  const options = JSON.stringify({ projectDir, outputDir, port: 0, env: {}, launcher });
  const script = `import { startHost } from ${JSON.stringify(hostFile)};
    const host = await startHost({ ...${options}, onLog: (line) => console.log(line) });
    console.log(host.url);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const lines = readline.createInterface({ input: parent.stdout })[Symbol.asyncIterator]();
  const url = String((await lines.next()).value);
  return { parent, url, lines };
}

test("after kill -9 of the host nothing is left: no process, no folder", async () => {
  const { parent, url } = await hostInChild(who);
  const { pid, cwd } = await askJson<Who>({ url });
  expect(isRunning(pid)).toBe(true);
  parent.kill("SIGKILL");
  await until(() => !isRunning(pid));
  await until(() => !existsSync(path.resolve(cwd, "../../..")));
});

test("after kill -9 of the host a function stuck in a loop ends too", async () => {
  const { parent, url, lines } = await hostInChild(`export const GET = () => { console.log(process.pid); for (;;); }`);
  const request = http.get(`${url}/api/x`).on("error", () => {});
  onTestFinished(() => void request.destroy());
  const pid = Number(String((await lines.next()).value).replace("[api/x] ", ""));
  expect(isRunning(pid)).toBe(true);
  parent.kill("SIGKILL");
  await until(() => !isRunning(pid));
});
