// Running it again, running it twice, and finding things other than it left them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import fs from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { LocalState } from "../../src/targets/local/state.ts";
import { freePort } from "../free-port.ts";
import { writeTree } from "../temp.ts";
import { makeProject, makeReleased, until, type TestProject } from "./fixture.ts";

const SLOW_MS = 60_000;

const stateFile = (project: TestProject): string => path.join(project.dir, ".edge-ai/local/state.json");

async function readState(project: TestProject): Promise<LocalState> {
  return JSON.parse(await fs.readFile(stateFile(project), "utf8")) as LocalState;
}

describe.concurrent("deploy of an unchanged project", () => {
  it(
    "says that there is nothing to do, and production answers again after stop",
    async () => {
      const { project, ...a } = await makeReleased();
      await using _ = project;
      const unchanged = { outcome: "promoted", verdict: null, cause: "unchanged", deployment: a, previous: a };
      const again = await project.deploy("--prod", "--no-gate");
      expect(again).toMatchObject({ code: 0, document: unchanged });
      expect(again.stderr).toContain("there is nothing to do");

      await project.stop();
      await expect(project.production()).rejects.toThrow("fetch failed");
      expect((await project.bin("stop")).stdout).toBe("nothing was running\n");
      expect(await project.deploy("--prod", "--no-gate")).toMatchObject({ code: 0, document: unchanged });
      expect(await project.production()).toBe(a.buildId);
      expect((await project.ledger()).map(({ event }) => event)).toEqual(["staged", "promoted"]);
    },
    SLOW_MS,
  );

  it(
    "watches production when nobody has yet, and says nothing to do when it was found healthy",
    async () => {
      const { project, ...a } = await makeReleased();
      await using _ = project;
      const watched = await project.deploy("--prod");
      expect(watched).toMatchObject({ code: 0, document: { outcome: "promoted", verdict: "pass", deployment: a } });
      expect(watched.document.watch?.verdict).toBe("pass");
      const again = await project.deploy("--prod");
      expect(again.document).toMatchObject({ cause: "unchanged", watch: null });
      expect((await project.ledger()).map(({ event }) => event)).toEqual(["staged", "promoted", "healthy"]);
    },
    SLOW_MS,
  );

  it(
    "releases it anew when the files of production are gone",
    async () => {
      const { project, ...a } = await makeReleased();
      await using _ = project;
      await project.stop();
      await fs.rm(path.join(project.dir, ".edge-ai/local/deployments", a.id), { recursive: true });
      const { code, document } = await project.deploy("--prod", "--no-gate");
      expect({ code, outcome: document.outcome, cause: document.cause }).toEqual({ code: 0, outcome: "promoted" });
      expect(document.deployment?.id).not.toBe(a.id);
      expect(await project.production()).toBe(a.buildId);
    },
    SLOW_MS,
  );
});

describe.concurrent("a preview", () => {
  it(
    "answers on a port of its own, leaves production alone, and can be promoted",
    async () => {
      await using project = await makeProject();
      const first = await project.deploy("--no-gate");
      expect(first).toMatchObject({ code: 0, document: { outcome: "staged", environment: "preview", previous: null } });
      expect((await fetch(project.url)).status).toBe(503);

      const b = await project.release("b");
      await project.write({ release: "c" });
      const { stdout, code } = await project.bin("deploy", "--no-gate");
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\n$/) });
      const c = (await (await fetch(`${stdout.trim()}/api/health`)).json()) as { buildId: string };
      expect(c.buildId).not.toBe(b.buildId);
      expect(await project.production()).toBe(b.buildId);

      // Again: the same deployment, which is there already.
      const again = await project.deploy("--no-gate");
      expect(again.document.deployment?.url).toBe(stdout.trim());
      expect((await project.bin("promote", again.document.deployment?.id ?? "", "--no-gate")).code).toBe(0);
      expect(await project.production()).toBe(c.buildId);
    },
    SLOW_MS,
  );
});

describe.concurrent("status", () => {
  it(
    "says what production is, in text and JSON, and exits with 1 when it does not answer",
    async () => {
      await using project = await makeProject();
      const nothing = await project.bin("status");
      expect(nothing.code).toBe(0);
      expect(nothing.stdout.split("\n").slice(0, 2)).toEqual([
        `local  ${project.url}  none`,
        "  production  nothing is deployed",
      ]);
      expect((await project.bin("deployments")).stdout).toBe("no deployments on local\n");

      const a = await project.release("a");
      const { code, document } = await project.json("status");
      expect({ code, document }).toMatchObject({
        code: 0,
        document: {
          version: 1,
          target: "local",
          productionUrl: project.url,
          production: a,
          health: "ok",
          message: null,
          recent: [
            expect.objectContaining({ event: "staged", id: a.id }),
            expect.objectContaining({ event: "promoted", id: a.id }),
          ],
        },
      });
      const text = (await project.bin("status")).stdout.split("\n");
      expect(text.slice(0, 3)).toEqual([
        `local  ${project.url}  ok`,
        `  production  ${a.id}`,
        `              build ${a.buildId}`,
      ]);

      await project.stop();
      const stopped = await project.json("status");
      expect(stopped).toMatchObject({ code: 1, document: { production: { id: a.id, url: "" }, health: "refused" } });
    },
    SLOW_MS,
  );
});

describe.concurrent("two at once", () => {
  it(
    "refuses the second deploy, promote and rollback while the first goes on and succeeds",
    async () => {
      const { project, ...a } = await makeReleased();
      await using _ = project;
      await project.write({ release: "b" });
      const first = project.deploy("--prod", "--no-gate");
      const lock = path.join(project.dir, ".edge-ai/release.lock");
      await until(async () => existsSync(lock));
      const others = await Promise.all(
        [["deploy", "--prod"], ["promote", a.id], ["rollback"]].map((args) => project.fail(...args)),
      );
      for (const { code, document } of others) {
        expect(code).toBe(2);
        expect(document.error).toMatchObject({
          code: "BUSY",
          message: expect.stringMatching(/another release .process \d+/),
        });
      }
      expect(await first).toMatchObject({ code: 0, document: { outcome: "promoted" } });
      expect(await fs.readdir(path.dirname(lock))).toEqual(["local", "releases.jsonl"]);
    },
    SLOW_MS,
  );
});

describe.concurrent("the state file", () => {
  it.each([
    ["a process that is gone", async () => deadPid()],
    ["a process that is somebody else's", async () => process.pid],
  ])(
    "may name %s: a new supervisor takes over",
    async (_what, pid) => {
      const { project, ...a } = await makeReleased();
      await using _ = project;
      const { supervisor } = await readState(project);
      await project.stop();
      const state = await readState(project);
      expect(state.supervisor).toBeNull();
      const stale = { ...state, supervisor: { ...supervisor, pid: await pid() } };
      await fs.writeFile(stateFile(project), JSON.stringify(stale));
      expect((await project.bin("promote", a.id)).code).toBe(0);
      expect(await project.production()).toBe(a.buildId);
    },
    SLOW_MS,
  );

  it(
    "may be garbage: every command says so and writes nothing, and without the file all starts anew",
    async () => {
      const { project } = await makeReleased();
      await using _ = project;
      await project.stop();
      for (const text of ["{", '{"version":1}', ""]) {
        await fs.writeFile(stateFile(project), text);
        for (const args of [
          ["deploy", "--prod"],
          ["status"],
          ["deployments"],
          ["rollback"],
          ["promote", "x"],
          ["stop"],
        ]) {
          const { code, document } = await project.fail(...args);
          expect({ args, code }).toEqual({ args, code: 2 });
          expect(document.error).toMatchObject({ code: "BAD_CONFIG", message: expect.stringContaining("state.json") });
          expect(document.error.hint).toMatch(/remove .*state\.json/);
        }
        expect(await fs.readFile(stateFile(project), "utf8")).toBe(text);
      }
      await fs.rm(stateFile(project));
      const again = await project.release("a");
      expect(await project.production()).toBe(again.buildId);
    },
    SLOW_MS,
  );
});

describe.concurrent("the production port", () => {
  it(
    "of somebody else is exit 2, for every command that needs it, and theirs stays",
    async () => {
      await using project = await makeProject();
      const others = http.createServer((_req, res) => res.end("theirs"));
      others.listen(project.port, "127.0.0.1");
      await once(others, "listening");
      try {
        const port = expect.objectContaining({
          code: "PORT",
          message: expect.stringContaining(`port ${project.port} is in use`),
        });
        const first = await project.fail("deploy", "--prod", "--no-gate");
        expect(first).toMatchObject({ code: 2, document: { error: port } });
        expect(first.document.error.hint).toContain("targets.local.port");
        expect(await project.processes()).toEqual([]);
        expect(await (await fetch(project.url)).text()).toBe("theirs");
      } finally {
        others.close();
      }
      const a = await project.release("a");
      await project.stop();
      others.listen(project.port, "127.0.0.1");
      await once(others, "listening");
      try {
        const promote = await project.fail("promote", a.id);
        expect(promote).toMatchObject({ code: 2, document: { error: { code: "PORT" } } });
        expect(promote.document.error.hint).toContain("targets.local.port");
        expect((await project.bin("status")).code).toBe(1);
      } finally {
        others.close();
      }
    },
    SLOW_MS,
  );

  it(
    "can be changed once the local target is stopped, and only then",
    async () => {
      const { project, ...a } = await makeReleased();
      await using _ = project;
      const file = path.join(project.dir, "edge-ai.json");
      const text = await fs.readFile(file, "utf8");
      const otherPort = await freePort();
      await writeTree(project.dir, { "edge-ai.json": text.replace(`"port":${project.port}`, `"port":${otherPort}`) });
      const { code, document } = await project.fail("promote", a.id);
      expect(code).toBe(2);
      expect(document.error).toMatchObject({ code: "PORT", hint: expect.stringContaining("edge-ai stop") });
      expect(document.error.message).toContain(String(project.port));
      expect(await project.production()).toBe(a.buildId);
      await project.stop();
      expect((await project.bin("promote", a.id)).stdout).toBe(`http://127.0.0.1:${otherPort}\n`);
    },
    SLOW_MS,
  );
});

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  if (child.pid === undefined) throw new Error("it has run");
  return child.pid;
}
