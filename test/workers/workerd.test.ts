import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import { describe, expect, it } from "vitest";
import { startWorkerd, type WorkerdOptions } from "../../src/host/workerd/workerd.ts";
import { isAlive } from "../../src/processes.ts";
import { tempDir, writeTree } from "../temp.ts";

const SECRET = "value-of-the-secret-4711";
const ECHO = `
  export default {
    async fetch(request, env) {
      console.log("asked with " + env.API_KEY);
      if (new URL(request.url).pathname === "/throw") throw new Error("no " + env.API_KEY);
      return Response.json({
        url: request.url, method: request.method, body: await request.text(), version: env.CF_VERSION_METADATA?.id ?? null,
        variable: process.env.API_KEY, place: request.cf.colo,
      });
    },
    scheduled({ cron }) { if (cron !== "* * * * *") throw new Error("another cron"); },
  };`;

const options = (code: string, more: Partial<WorkerdOptions> = {}): WorkerdOptions => ({
  modules: [{ name: "worker.js", contents: code }],
  assetsDir: null,
  compatibilityDate: "2026-10-01",
  compatibilityFlags: ["nodejs_compat"],
  vars: { API_KEY: SECRET },
  versionId: "5c9e7a8a-0000-4000-8000-0123456789ab",
  miniflareFrom: path.resolve("."),
  port: 0,
  onLog: () => {},
  ...more,
});

describe("startWorkerd", () => {
  it("serves a Worker with its variables, its version and a place that is none", async () => {
    const lines: string[] = [];
    const worker = await startWorkerd(options(ECHO, { onLog: (line) => void lines.push(line) }));
    const seen = await (await fetch(`${worker.url}/a?b=c`, { method: "POST", body: "text" })).json();
    expect(seen).toEqual({
      url: `${worker.url}/a?b=c`,
      method: "POST",
      body: "text",
      version: "5c9e7a8a-0000-4000-8000-0123456789ab",
      variable: SECRET,
      place: "LOCAL",
    });
    const elsewhere = await worker.fetch(new Request("https://app.example.dev/x", { method: "PUT", body: "more" }));
    expect(await elsewhere.json()).toMatchObject({ url: "https://app.example.dev/x", method: "PUT", body: "more" });
    expect((await fetch(`${worker.url}/throw`)).status).toBe(500);
    expect([await worker.scheduled("* * * * *"), await worker.scheduled("1 * * * *")]).toEqual(["ok", "exception"]);
    await worker.close();
    expect(lines).toContain("asked with [secret]");
    expect(lines.join("\n")).not.toContain(SECRET);
    await expect(fetch(worker.url)).rejects.toThrow("fetch failed");
  });

  it("serves files before the Worker, but for the paths that are the Worker's", async () => {
    const assetsDir = await tempDir();
    await writeTree(assetsDir, { "index.html": "page", "api/x.txt": "file", _headers: "/*\n  x-from: headers\n" });
    const code = 'export default { fetch: () => new Response("worker") };';
    const worker = await startWorkerd(options(code, { assetsDir, runWorkerFirst: ["/api/*"] }));
    const texts = ["/", "/api/x.txt", "/none"].map(async (to) => (await fetch(worker.url + to)).text());
    expect(await Promise.all(texts)).toEqual(["page", "worker", "worker"]);
    expect((await fetch(worker.url)).headers.get("x-from")).toBe("headers");
    await worker.close();
  });

  it.each([
    ["a module that is not there", 'import "./none.js"; export default {};', /No such module "none.js"/],
    ["an error while it loads", 'throw new Error("broken");', /broken/],
    ["no JavaScript", "export default {", /SyntaxError|Unexpected/],
  ])("says in workerd's words why a Worker with %s does not start", async (_what, code, message) => {
    const work = startWorkerd(options(code));
    await expect(work).rejects.toMatchObject({ code: "BUILD_FAILED", message: expect.stringMatching(message) });
  });

  it("says what to install when there is no wrangler", async () => {
    const work = startWorkerd(options(ECHO, { miniflareFrom: await tempDir() }));
    await expect(work).rejects.toMatchObject({ code: "MISSING_PROGRAM", hint: expect.stringContaining("wrangler") });
  });

  it.runIf(process.platform === "linux")(
    "leaves neither workerd nor a folder behind when its process is killed",
    async () => {
      const dir = await tempDir();
      const source = path.resolve("src/host/workerd/workerd.ts");
      await fs.writeFile(
        path.join(dir, "start.ts"),
        `import { startWorkerd } from ${JSON.stringify(source)};
       const worker = await startWorkerd({ ...${JSON.stringify(options(ECHO))}, onLog: () => {} } as any);
       console.log(worker.url);`,
      );
      const node = path.resolve("node_modules/.bin/node");
      const tmp = path.join(dir, "tmp");
      await fs.mkdir(tmp);
      const env = { ...process.env, TMPDIR: tmp };
      const child = spawn(node, [path.join(dir, "start.ts")], { stdio: ["ignore", "pipe", "inherit"], env });
      const url = await new Promise<string>((resolve) => readline.createInterface(child.stdout).once("line", resolve));
      expect((await fetch(url)).status).toBe(200);
      const workerd = await childrenOf(child.pid ?? 0);
      expect(workerd.length).toBeGreaterThan(0);
      expect((await fs.readdir(tmp)).some((name) => name.startsWith("edge-ai-workerd-"))).toBe(true);
      child.kill("SIGKILL");
      await expect.poll(async () => (await Promise.all(workerd.map(isRunning))).includes(true)).toBe(false);
      await expect.poll(async () => (await fs.readdir(tmp)).filter((name) => name.startsWith("edge-ai-"))).toEqual([]);
    },
    20_000,
  );
});

/** Process ids of the workerd that a process has started. */
async function childrenOf(pid: number): Promise<number[]> {
  const lists = await fs.readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const pids = lists.trim().split(/\s+/).map(Number);
  const names = await Promise.all(pids.map((each) => fs.readFile(`/proc/${each}/comm`, "utf8").catch(() => "")));
  return pids.filter((_, index) => names[index]?.startsWith("workerd") === true);
}

/** A zombie runs no more: whoever adopts it has not looked yet. */
async function isRunning(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const stat = await fs.readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z");
  return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
}
