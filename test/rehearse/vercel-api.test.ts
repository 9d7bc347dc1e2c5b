import fs from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Fault } from "../../src/rehearse/vercel-api/faults.ts";
import type { VercelApi } from "../../src/rehearse/vercel-api/vercel-api.ts";
import { tempDir } from "../temp.ts";
import { isRunning, until } from "../unit/host/fixture.ts";
import { ask, buildIdAt, createProject, deploy, promote, release, sha1 } from "./client.ts";
import { clock, makeCli, startApi, writeRelease, type Run } from "./vercel.ts";

const scope = ["--scope", "rehearsal"];
const staged = ["deploy", "--prebuilt", "--prod", "--skip-domain", "--format", "json", ...scope];

/** The address in what `vercel deploy` says; the CLI puts https:// in front of every one. */
function urlOf({ stdout }: Run): string {
  return /https:\/\/(127\.0\.0\.1:\d+)/.exec(stdout)?.[1] ?? "";
}

afterEach(() => vi.unstubAllEnvs());

describe("the real vercel", () => {
  it("links, pulls, stages, inspects, promotes, lists and rolls back", { timeout: 60_000 }, async () => {
    const api = await startApi({ defaultTeam: "other-team" });
    const cli = await makeCli(api);
    expect((await cli.run("link", "--yes", "--project", "app", ...scope)).code).toBe(0);
    expect((await cli.run("pull", "--yes", "--environment", "production", ...scope)).code).toBe(0);
    const project = JSON.parse(await fs.readFile(path.join(cli.dir, ".vercel", "project.json"), "utf8"));
    expect(project).toMatchObject({ projectId: api.projects[0]?.id, orgId: "team_rehearsal" });

    await writeRelease(cli.dir, "one");
    const first = await cli.run(...staged, "--meta", "knownGood=none");
    expect(first.code, first.stderr).toBe(0);
    const one = JSON.parse(first.stdout);
    expect(one).toMatchObject({ readyState: "READY", target: "production" });
    expect(await buildIdAt(`http://${urlOf(first)}`)).toBe("one");
    const before = await fetch(api.productionUrl);
    expect([before.status, before.headers.get("x-vercel-error")]).toEqual([404, "DEPLOYMENT_NOT_FOUND"]);

    expect((await cli.run("promote", one.url, "--yes", "--timeout", "20s", ...scope)).code).toBe(0);
    expect(await buildIdAt(api.productionUrl)).toBe("one");
    await writeRelease(cli.dir, "two");
    const two = JSON.parse((await cli.run(...staged)).stdout);
    expect(await buildIdAt(api.productionUrl)).toBe("one");
    expect((await cli.run("promote", two.id, "--yes", ...scope)).code).toBe(0);
    expect(await buildIdAt(api.productionUrl)).toBe("two");
    const inspected = await cli.run("inspect", api.productionHost, "--json", ...scope);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ id: two.id, target: "production", readyState: "READY" });

    const again = await cli.run("promote", two.id, "--yes", ...scope);
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringContaining("already the current production deployment"),
    ]);
    expect((await cli.run("rollback", one.id, "--yes", ...scope)).code).toBe(0);
    expect(await buildIdAt(api.productionUrl)).toBe("one");
    const listed = JSON.parse((await cli.run("list", "app", "--json", "--meta", "knownGood=none", ...scope)).stdout);
    expect(listed.deployments.map(({ id }: { id: string }) => id)).toEqual([one.id]);
    expect(listed.deployments[0].meta).toEqual({ knownGood: "none" });
    expect(api.unknownCalls).toEqual([]);
  });

  it("adds, lists, pulls and removes variables, and passes a request through", { timeout: 60_000 }, async () => {
    const logs: string[] = [];
    const api = await startApi({ onLog: (line) => void logs.push(line) });
    const cli = await makeCli(api);
    await cli.run("link", "--yes", "--project", "app", ...scope);
    const [project] = api.projects;
    const add = ["env", "add", "API_KEY", "production", "--value", "s3cret", "--yes", ...scope];
    expect((await cli.run(...add)).code).toBe(0);
    expect((await cli.run(...add)).code).toBe(1);
    const list = JSON.parse((await cli.run("env", "ls", "--json", ...scope)).stdout);
    expect(list.envs).toMatchObject([{ key: "API_KEY", type: "sensitive", target: ["production"] }]);
    await cli.run("env", "pull", "pulled.env", "--environment", "production", "--yes", ...scope);
    expect(await fs.readFile(path.join(cli.dir, "pulled.env"), "utf8")).toContain('API_KEY="[SENSITIVE]"');

    // The CLI masks the value too: what the API says counts.
    for (const readable of ["/v10/projects/app/env", "/v3/env/pull/app/production"]) {
      const { body } = await ask(api, "GET", readable);
      expect(JSON.stringify(body)).toMatch(/API_KEY(?!.*s3cret)/);
    }

    const code = "export const GET = () => Response.json({ buildId: process.env.API_KEY });";
    expect(await buildIdAt(`http://${(await deploy(api, release("", code))).url}`)).toBe("s3cret");
    expect((await cli.run("env", "rm", "API_KEY", "production", "--yes", ...scope)).code).toBe(0);
    expect(JSON.parse((await cli.run("env", "ls", "--json", ...scope)).stdout).envs).toEqual([]);

    const { stdout } = await cli.run("api", `/v9/projects/${project?.id}/domains`, "--raw", ...scope);
    expect(JSON.parse(stdout).domains).toMatchObject([{ name: api.productionHost, redirect: null, verified: true }]);
    expect(api.unknownCalls).toEqual([]);
    expect(`${logs.join()}${JSON.stringify(api.calls)}`).not.toMatch(/s3cret|Bearer/);
  });

  it("goes live with --prod, but not after a rollback until the next promotion", { timeout: 60_000 }, async () => {
    const { api, cli, one, two } = await released();
    await cli.run("rollback", one.id, ...scope);
    await writeRelease(cli.dir, "three");
    expect((await cli.run("deploy", "--prebuilt", "--prod", ...scope)).code).toBe(0);
    expect(await buildIdAt(api.productionUrl)).toBe("one");
    expect(api.deployments.at(-1)?.readySubstate).toBe("STAGED");
    await promote(api, two);
    const four = await deploy(api, release("four"), { target: "production" });
    await until(() => four.aliasAssigned);
    expect(await buildIdAt(api.productionUrl)).toBe("four");
  });

  it("makes the first deployment production, and a new one of a promoted preview", { timeout: 60_000 }, async () => {
    const api = await startApi();
    const cli = await makeCli(api);
    await cli.link(await createProject(api));
    await writeRelease(cli.dir, "one", "preview");
    const first = await cli.run("deploy", "--prebuilt", ...scope);
    expect([first.code, urlOf(first)]).toEqual([0, api.production?.url]);
    const preview = await deploy(api, release("two"), {});
    expect([preview.target, await buildIdAt(api.productionUrl)]).toEqual([null, "one"]);
    expect((await cli.run("promote", preview.url, "--yes", ...scope)).code).toBe(0);
    await until(() => api.deployments.at(-1)?.aliasAssigned === true);
    expect(api.deployments).toHaveLength(3);
    expect([api.production?.id === preview.id, await buildIdAt(api.productionUrl)]).toEqual([false, "two"]);
  });

  it("does not find a deployment without the scope", async () => {
    const { api, cli, two } = await released({ defaultTeam: "other-team" });
    for (const command of [["inspect"], ["promote", "--yes"], ["rollback"]]) {
      expect((await cli.run(...command, two.id)).code, command[0]).toBe(1);
    }
    expect((await cli.run("inspect", two.id, ...scope)).code).toBe(0);
    expect(api.calls.at(-1)?.teamId).toBe("team_rehearsal");
  });

  it("says the address of a deployment whose build failed, and exits 1", async () => {
    const { api, cli } = await released();
    api.inject({ endpoint: "createDeployment", kind: "build-error", times: 1 });
    const { code, stdout } = await cli.run(...staged);
    expect([code, JSON.parse(stdout).readyState]).toEqual([1, "ERROR"]);
    expect(await buildIdAt(`http://${urlOf({ code, stdout, stderr: "" })}`)).toBe(404);
    expect((await cli.run(...staged)).code).toBe(0);
  });

  it("uploads modes and links, and a function that throws answers 500", async () => {
    const { api, cli } = await released();
    const files = {
      "index.mjs": `import fs from "node:fs";
        const mode = (fs.statSync(new URL("tool.sh", import.meta.url)).mode & 0o777).toString(8);
        const link = fs.readlinkSync(new URL("linked", import.meta.url));
        const text = fs.readFileSync(new URL("linked/a.txt", import.meta.url), "utf8");
        const outside = fs.existsSync(new URL("outside", import.meta.url));
        export const GET = () => Response.json({ mode, link, text, outside });`,
      "tool.sh": "exit 0\n",
      "real/a.txt": "through the link",
    };
    await writeRelease(cli.dir, "links", "production", {
      functions: { "api/files": { files }, "api/throws": "throw new Error('at import');" },
    });
    const folder = path.join(cli.dir, ".vercel", "output", "functions", "api", "files.func");
    await fs.chmod(path.join(folder, "tool.sh"), 0o755);
    await fs.symlink("real", path.join(folder, "linked"));
    await fs.symlink(import.meta.filename, path.join(folder, "outside"));
    const deployed = await cli.run(...staged);
    const url = `http://${urlOf(deployed)}`;
    const answer = await fetch(`${url}/api/files`);
    expect(await answer.json()).toEqual({ mode: "755", link: "real", text: "through the link", outside: false });
    const thrown = await fetch(`${url}/api/throws`);
    expect([thrown.status, thrown.headers.get("x-vercel-error")]).toEqual([500, "FUNCTION_INVOCATION_FAILED"]);
    expect(api.unknownCalls).toEqual([]);
  });

  const modes: [Fault["kind"], { code: number; says: string; production: "one" | "two" }][] = [
    ["slow-promote", { code: 0, says: "was promoted", production: "one" }],
    ["queued", { code: 0, says: "has been queued", production: "two" }],
    ["skipped", { code: 0, says: "skipped", production: "two" }],
    ["failed", { code: 1, says: "Failed to remap", production: "two" }],
    ["alias-never-assigned", { code: 0, says: "was promoted", production: "two" }],
    ["rolling-release", { code: 0, says: "initial percentage 10", production: "two" }],
    ["wrong-team", { code: 1, says: "not found", production: "two" }],
    ["bad-token", { code: 1, says: "Not authorized (403)", production: "two" }],
    [{ status: 409 }, { code: 1, says: "(409)", production: "two" }],
  ];
  it.each(modes)("promotes with %j", async (kind, { code, says, production }) => {
    const { api, cli, one } = await released({ clock: { ...clock, slowAliasMs: 700 } });
    api.inject({ endpoint: "promote", kind });
    const run = await cli.run("promote", one.id, "--yes", "--timeout", "10s", ...scope);
    expect([run.code, run.stderr]).toEqual([code, expect.stringContaining(says)]);
    expect(await buildIdAt(api.productionUrl)).toBe(production);
  });

  it("gives up a promotion that takes longer than its timeout, while the platform goes on", async () => {
    const { api, cli, one } = await released({ clock: { ...clock, slowAliasMs: 3000 } });
    api.inject({ endpoint: "promote", kind: "slow-promote" });
    expect((await cli.run("promote", one.id, "--yes", "--timeout", "1s", ...scope)).code).toBe(1);
    expect(await buildIdAt(api.productionUrl)).toBe("two");
    await until(() => api.production?.id === one.id);
  });

  it("ends a rolling release by completing it", async () => {
    const { api, cli, one } = await released();
    api.inject({ endpoint: "promote", kind: "rolling-release", times: 1 });
    await cli.run("promote", one.id, "--yes", ...scope);
    expect((await cli.run("promote", one.id, "--yes", ...scope)).stderr).toContain("queued");
    expect((await cli.run("rolling-release", "complete", `--dpl=${one.id}`, ...scope)).code).toBe(0);
    expect(await buildIdAt(api.productionUrl)).toBe("one");
  });

  it("calls what the emulator does not know, and that is recorded by name", async () => {
    const api = await startApi();
    const cli = await makeCli(api);
    expect((await cli.run("api", "/v99/thing?secret=1", "--raw", ...scope)).code).toBe(1);
    expect(api.unknownCalls).toEqual(["GET /v99/thing"]);
  });
});

describe("the API", () => {
  it.each([401, 403, 404, 409, 429, 500, 502, 503] as const)(
    "answers %d when that is injected, and no more after that",
    async (status) => {
      const api = await startApi();
      api.inject({ endpoint: "user", kind: { status, retryAfterSeconds: 7 }, times: 1 });
      const refused = await ask(api, "GET", "/v2/user");
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([status, "7"]);
      expect(refused.body.error).toEqual({ code: expect.any(String), message: expect.any(String) });
      expect((await ask(api, "GET", "/v2/user")).status).toBe(200);
      expect(api.calls.map((call) => call.status)).toEqual([status, 200]);
    },
  );

  it("hangs, resets, and loses the answer of what it did", async () => {
    const api = await startApi();
    api.inject({ endpoint: "user", kind: "reset", times: 1 });
    await expect(ask(api, "GET", "/v2/user")).rejects.toThrow("fetch failed");
    api.inject({ endpoint: "createProject", kind: { status: 502 }, times: 1 });
    expect((await ask(api, "POST", "/v1/projects", { name: "app" })).status).toBe(502);
    expect(api.projects).toHaveLength(0);
    api.inject({ endpoint: "createProject", kind: "reset", after: true });
    await expect(ask(api, "POST", "/v1/projects", { name: "app" })).rejects.toThrow("fetch failed");
    expect(api.projects).toHaveLength(1);
    api.inject({ endpoint: "user", kind: "hang" });
    const hanging = fetch(`${api.url}/v2/user`, { signal: AbortSignal.timeout(200) });
    await expect(hanging).rejects.toThrow("timeout");
    expect(api.unmetFaults).toEqual([]);
    api.inject({ endpoint: "files", kind: "queued" });
    expect(api.unmetFaults).toEqual([{ endpoint: "files", kind: "queued" }]);
    api.clearFaults();
    expect((await ask(api, "GET", "/v2/user")).status).toBe(200);
  });

  it("accepts one token and knows two teams", async () => {
    const api = await startApi({ token: "right", plan: "hobby" });
    const refused = await ask(api, "GET", "/v2/user");
    expect([refused.status, refused.body.error]).toEqual([
      403,
      expect.objectContaining({ code: "forbidden", invalidToken: true }),
    ]);
    const authorization = "Bearer right";
    const { body } = await ask(api, "GET", "/v2/teams", undefined, { authorization });
    expect(body.teams.map(({ slug }: { slug: string }) => slug)).toEqual(["rehearsal", "other-team"]);
    expect(body.teams[0].billing).toEqual({ plan: "hobby" });
    await ask(api, "POST", "/v1/projects", { name: "app" }, { authorization });
    const statuses = ["team_rehearsal", "team_other", "team_unknown"].map(
      async (teamId) =>
        (await ask(api, "GET", `/v9/projects/app?teamId=${teamId}`, undefined, { authorization })).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 404, 403]);
  });

  it("answers only for this machine's names", async () => {
    const api = await startApi();
    await createProject(api);
    const { url } = await deploy(api, release("one"));
    for (const host of [new URL(api.url).host, api.productionHost, url]) {
      expect(await statusFor(host, "evil.example"), host).toBe(403);
    }
  });

  it("refuses files that are not what they are said to be, or lead out of the deployment", async () => {
    const api = await startApi();
    await createProject(api);
    const wrong = await ask(api, "POST", "/v2/files", Buffer.from("b"), { "x-now-digest": sha1("a") });
    expect([wrong.status, wrong.body.error.code]).toEqual([400, "invalid_sha"]);
    const listed = { name: "app", files: [{ file: "a", sha: sha1("a"), size: 1, mode: 33_188 }] };
    const missing = await ask(api, "POST", "/v13/deployments", listed);
    expect([missing.status, missing.body.error]).toEqual([
      400,
      { code: "missing_files", message: "Missing files", missing: [sha1("a")] },
    ]);
    const outside = { name: "app", files: [{ file: "a/../../b", sha: sha1("a"), mode: 33_188 }] };
    expect((await ask(api, "POST", "/v13/deployments", outside)).body.error.message).toContain("leaves the deployment");
    expect(api.deployments).toEqual([]);
    const broken = await deploy(api, [{ path: ".vercel/output/config.json", content: "{}" }]);
    expect([broken.readyState, broken.error?.code]).toEqual(["ERROR", "BUILD_FAILED"]);
  });

  it("lists by target and metadata, a page at a time", async () => {
    const api = await startApi();
    await createProject(api);
    for (const meta of [{ n: "1" }, { n: "2" }, { n: "3" }]) {
      await deploy(api, release("same"), { target: meta.n === "2" ? undefined : "production", meta });
    }
    const numbers = async (query: string) => {
      const { body } = await ask(api, "GET", `/v6/deployments?${query}`);
      return [body.deployments.map(({ meta }: { meta: { n: string } }) => meta.n), body.pagination.next];
    };
    const [, second] = api.deployments;
    expect(await numbers("projectId=app")).toEqual([["3", "2", "1"], null]);
    expect(await numbers("target=preview")).toEqual([["2"], null]);
    expect(await numbers("meta-n=1")).toEqual([["1"], null]);
    expect(await numbers("limit=2")).toEqual([["3", "2"], second?.createdAt]);
    expect(await numbers(`limit=2&until=${second?.createdAt}`)).toEqual([["1"], null]);
  });

  it("rolls back only to what was production, and on the Hobby plan only one step", async () => {
    const api = await startApi({ plan: "hobby" });
    const project = await createProject(api);
    const [one, two, three, never] = [
      await deploy(api, release("1")),
      await deploy(api, release("2")),
      await deploy(api, release("3")),
      await deploy(api, release("4")),
    ];
    for (const each of [one, two, three]) await promote(api, each);
    const rollback = async (id: string) =>
      (await ask(api, "POST", `/v9/projects/${project}/rollback/${id}`, {})).status;
    expect([
      await rollback(three.id),
      await rollback(never.id),
      await rollback(one.id),
      await rollback("dpl_0"),
    ]).toEqual([409, 422, 402, 404]);
    expect(await rollback(two.id)).toBe(201);
    await until(() => api.production?.id === two.id);
    expect(api.projects[0]).toMatchObject({
      autoAssign: false,
      lastAliasRequest: { type: "rollback", fromDeploymentId: three.id },
    });
  });

  it("carries out the later of two promotions", async () => {
    const slowMs = 300;
    const api = await startApi({ clock: { ...clock, slowAliasMs: slowMs } });
    const project = await createProject(api);
    const [one, two] = [await deploy(api, release("1")), await deploy(api, release("2"))];
    api.inject({ endpoint: "promote", kind: "slow-promote", times: 1 });
    await ask(api, "POST", `/v10/projects/${project}/promote/${one.id}`, {});
    await promote(api, two);
    expect(api.projects[0]?.history).toEqual([two.id]);
    await sleep(slowMs * 2);
    expect(api.production?.id).toBe(two.id);
  });
});

describe("what stands in front of a deployment", () => {
  it.each([
    ["standard", 401, "one"],
    ["all", 401, 401],
  ] as const)("protects with mode %s", async (mode, deployment, production) => {
    const { api, url } = await liveRelease();
    api.protect({ secret: "opensesame", mode });
    expect([await buildIdAt(url), await buildIdAt(api.productionUrl)]).toEqual([deployment, production]);
    expect(await buildIdAt(url, { "x-vercel-protection-bypass": "opensesame" })).toBe("one");
    expect(await buildIdAt(url, { "x-vercel-protection-bypass": "wrong" })).toBe(401);
    const { headers } = await fetch(url);
    expect(headers.get("set-cookie")).toContain("_vercel_sso_nonce=");
    const browser = await fetch(url, { redirect: "manual", headers: { accept: "text/html" } });
    expect([browser.status, browser.headers.get("location")]).toEqual([
      302,
      expect.stringContaining("https://vercel.com/sso-api?url="),
    ]);
    const { body } = await ask(api, "GET", "/v9/projects/app");
    expect(Object.keys(body.protectionBypass)).toEqual(["opensesame"]);
    api.protect({ secret: null });
    expect(await buildIdAt(url, { "x-vercel-protection-bypass": "opensesame" })).toBe(401);
    api.protect(null);
    expect(await buildIdAt(url)).toBe("one");
  });

  it("makes a share of the requests fail, evenly", async () => {
    const { api, url, id } = await liveRelease();
    api.sicken(id, { kind: "errors", share: 0.05 });
    const statuses: (string | number)[] = [];
    for (let n = 0; n < 40; n++) statuses.push(await buildIdAt(url));
    expect(statuses.filter((status) => status === 500)).toHaveLength(2);
    api.sicken(id, null);
    expect(await buildIdAt(url)).toBe("one");
  });

  it("makes the next release slow, but only as production", async () => {
    const { api } = await liveRelease();
    api.sicken("next", { kind: "slow", delayMs: 1000 }, "production");
    const next = await deploy(api, release("two"));
    await promote(api, next);
    expect(await millisecondsOf(`http://${next.url}`)).toBeLessThan(900);
    expect(await millisecondsOf(api.productionUrl)).toBeGreaterThanOrEqual(999);
  });

  it("shows a login with status 200, or names another build", async () => {
    const { api, url, id } = await liveRelease();
    api.sicken(id, { kind: "sso-page" });
    const page = await fetch(`${url}/api/health`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("https://vercel.com/sso-api")]);
    api.sicken(id, { kind: "wrong-build" });
    expect(await buildIdAt(url)).toBe("another-build");
  });
});

describe("closing", () => {
  it("leaves no process, port or file, and may be done twice", async () => {
    const temporary = await tempDir("t");
    vi.stubEnv("TMPDIR", temporary);
    const stop = new AbortController();
    const logs: string[] = [];
    const api = await startApi({ signal: stop.signal, onLog: (line) => void logs.push(line) });
    await createProject(api);
    const code =
      'console.log("pid", process.pid, process.cwd()); export const GET = () => Response.json({ buildId: "x" });';
    const served = await deploy(api, release("x", code));
    await buildIdAt(`http://${served.url}`);
    const [, pid = 0] = /pid (\d+)/.exec(logs.join("\n")) ?? [];
    expect(isRunning(Number(pid))).toBe(true);
    expect(await fs.readdir(temporary)).not.toEqual([]);
    api.inject({ endpoint: "user", kind: "hang" });
    const hanging = ask(api, "GET", "/v2/user").catch(() => "cut");
    const building = ask(api, "POST", "/v13/deployments", { deploymentId: served.id });
    await building;
    stop.abort();
    await api.close();
    await api.close();
    expect(await hanging).toBe("cut");
    expect(isRunning(Number(pid))).toBe(false);
    for (const host of [new URL(api.url).host, api.productionHost, ...api.deployments.map(({ url }) => url)]) {
      expect(await isOpen(host), host).toBe(false);
    }
    expect(await fs.readdir(temporary)).toEqual([]);
  });
});

/** A linked folder with two releases: two is production, and one was. */
async function released(options: Parameters<typeof startApi>[0] = {}) {
  const api = await startApi(options);
  const cli = await makeCli(api);
  await cli.link(await createProject(api));
  const [one, two] = [await deploy(api, release("one")), await deploy(api, release("two"))];
  await promote(api, one);
  await promote(api, two);
  await writeRelease(cli.dir, "next");
  return { api, cli, one, two };
}

/** One release, in production. */
async function liveRelease(): Promise<{ api: VercelApi; url: string; id: string }> {
  const api = await startApi();
  await createProject(api);
  const { url, id } = await deploy(api, release("one"), { target: "production" });
  await until(() => api.production?.id === id);
  return { api, url: `http://${url}`, id };
}

async function millisecondsOf(url: string): Promise<number> {
  await buildIdAt(url);
  const start = performance.now();
  await buildIdAt(url);
  return performance.now() - start;
}

function statusFor(address: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    http
      .get(`http://${address}/v2/user`, { headers: { host, authorization: "Bearer rehearsal" } }, (res) =>
        resolve(res.resume().statusCode),
      )
      .once("error", reject);
  });
}

function isOpen(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${address}`);
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), hostname);
    socket.once("connect", () => resolve(socket.destroy() !== undefined)).once("error", () => resolve(false));
  });
}
