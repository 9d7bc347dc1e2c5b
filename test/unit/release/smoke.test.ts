import fs from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { parseConfig } from "../../../src/config/read.ts";
import { smoke } from "../../../src/release/smoke.ts";
import { writeTree } from "../../temp.ts";
import { makeProject, temporaryDir } from "../host/fixture.ts";

it.each([
  ["local", true],
  ["external", false],
] as const)("%s mode: a probe is asked: %j (a paid one costs money)", async (mode, isAsked) => {
  const marks = path.join(await temporaryDir(), "asked");
  const health = JSON.stringify({ version: 1, status: "ok", buildId: "b1", modelId: "none", mode, task: "classify" });
  const { projectDir, outputDir } = await makeProject({
    functions: {
      "api/health": `export const GET = () => Response.json(${health}, { headers: { "cache-control": "no-store" } });`,
      "api/classify": `import fs from "node:fs";
        export const POST = () => { fs.appendFileSync(${JSON.stringify(marks)}, "x"); return Response.json({}); };`,
    },
  });
  const config = parseConfig({
    version: 1,
    name: "app",
    task: "classify",
    mode,
    model: { id: "none" },
    latencyBudgetMs: 300,
    probes: [{ name: "classify", path: "/api/classify", method: "POST", body: {} }],
  });
  const artefact = { outputDir, buildId: "b1" };
  expect(await smoke(projectDir, config, artefact, new AbortController().signal)).toBeNull();
  expect((await fs.readFile(marks, "utf8").catch(() => "")) !== "").toBe(isAsked);
  expect(await smoke(projectDir, config, { outputDir, buildId: "b2" }, new AbortController().signal)).toMatchObject({
    message: expect.stringContaining("b1"),
  });
});

it("refuses a function that reads what did not come along with it, although the project has it", async () => {
  const read = `import fs from "node:fs"; fs.readFileSync("models/m/weights.wasm"); export const GET = () => new Response();`;
  const { projectDir, outputDir } = await makeProject({
    functions: { "api/reads": read },
  });
  await writeTree(projectDir, { "models/m/weights.wasm": "weights" });
  const config = parseConfig({
    version: 1,
    name: "app",
    task: "classify",
    mode: "local",
    model: { id: "none" },
    latencyBudgetMs: 300,
  });
  expect(await smoke(projectDir, config, { outputDir, buildId: "b1" }, new AbortController().signal)).toMatchObject({
    cause: "function-failed",
    message: expect.stringContaining("api/reads cannot start"),
    hint: expect.stringContaining("models/m/weights.wasm"),
  });
});
