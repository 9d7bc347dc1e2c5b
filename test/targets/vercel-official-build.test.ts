// `--builder vercel`: the real `vercel build` (58.4.4), and what is looked at because it does not look.
import fs from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTree } from "../temp.ts";
import { makeProject } from "./fixture.ts";
import { makeBuildable } from "./vercel-build.ts";
import type { OnVercel } from "./vercel.ts";

const SLOW_MS = 300_000;
const LIMIT_BYTES = 262_144_000;
const RELEASE = ["deploy", "--prod", "--no-gate", "--builder", "vercel"];

describe("released as `vercel build` builds it", () => {
  let vercel: OnVercel;
  beforeAll(async () => {
    vercel = await makeBuildable();
  });
  afterAll(() => vercel[Symbol.asyncDispose](), SLOW_MS);

  const pulled = (): string => path.join(vercel.project.dir, ".vercel/.env.production.local");
  const uploads = (): number => vercel.api.calls.filter(({ endpoint }) => endpoint === "files").length;

  it(
    "production answers with the id that was put into its environment; pulled values do not stay on disk",
    { timeout: SLOW_MS },
    async () => {
      const { code, document, stderr } = await vercel.project.json(...RELEASE);
      expect(document, stderr).toMatchObject({ outcome: "promoted", deployment: { buildId: expect.any(String) } });
      expect(code).toBe(0);
      const { deployment } = document as { deployment: { buildId: string } };
      expect(deployment.buildId).toMatch(/^[0-9a-f]{16}$/);
      expect(await vercel.project.production()).toBe(deployment.buildId);
      expect(vercel.api.calls.map(({ endpoint }) => endpoint)).toContain("pullEnv");
      await expect(fs.access(pulled())).rejects.toThrow("ENOENT");
      expect(vercel.api.unknownCalls).toEqual([]);
    },
  );

  it("the same source is the same build", { timeout: SLOW_MS }, async () => {
    const before = await vercel.project.production();
    const { code, document } = await vercel.project.json(...RELEASE);
    expect(document).toMatchObject({ outcome: "promoted", cause: "unchanged", deployment: { buildId: before } });
    expect(code).toBe(0);
    expect(vercel.api.deployments).toHaveLength(1);
  });

  it(
    "another source is another build, and a file of variables that was there before stays",
    { timeout: SLOW_MS },
    async () => {
      const before = await vercel.project.production();
      await fs.writeFile(pulled(), "A=1\n");
      await vercel.project.write({ release: "b" });
      const { document } = await vercel.project.json(...RELEASE);
      expect(document).toMatchObject({ outcome: "promoted" });
      expect(await vercel.project.production()).not.toBe(before);
      await fs.access(pulled());
    },
  );

  it(
    "files of the project that it publishes are refused before anything is uploaded",
    { timeout: SLOW_MS },
    async () => {
      const [before, uploaded] = [await vercel.project.production(), uploads()];
      const file = path.join(vercel.project.dir, "vercel.json");
      const text = await fs.readFile(file, "utf8");
      await writeTree(vercel.project.dir, {
        "vercel.json": JSON.stringify({ ...(JSON.parse(text) as object), outputDirectory: "." }),
        "notes/plan.txt": "ours",
      });
      const { code, document } = await vercel.project.fail(...RELEASE);
      await fs.writeFile(file, text);
      expect(document.error).toMatchObject({
        code: "BUILD_FAILED",
        message: expect.stringMatching(/publishes files .*lib\/app\.ts/),
      });
      expect(document.error.message).toMatch(/edge-ai\.json/);
      expect(code).toBe(2);
      expect([await vercel.project.production(), uploads()]).toEqual([before, uploaded]);
    },
  );

  it(
    "a function at the limit is refused, its largest part named, before anything is uploaded",
    { timeout: SLOW_MS },
    async () => {
      const [before, uploaded] = [await vercel.project.production(), uploads()];
      await fs.truncate(path.join(vercel.project.dir, "models/m/onnx/model_quantized.onnx"), LIMIT_BYTES);
      const { code, document } = await vercel.project.fail(...RELEASE);
      expect(document.error).toMatchObject({
        code: "TOO_LARGE",
        message: expect.stringMatching(
          /^api\/embeddings has 262\d{6} bytes, .* 262144000: models\/m 262\d{6}, the project/,
        ),
      });
      expect(code).toBe(2);
      expect([await vercel.project.production(), uploads()]).toEqual([before, uploaded]);
    },
  );
});

it("for the local target it is a wrong command line", async () => {
  await using project = await makeProject();
  expect(await project.fail("deploy", "--builder", "vercel")).toMatchObject({
    code: 2,
    document: { error: { code: "USAGE", message: expect.stringContaining("local") } },
  });
});
