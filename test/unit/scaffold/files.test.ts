import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import { describe, expect, it } from "vitest";
import pkg from "../../../package.json" with { type: "json" };
import { parseConfig } from "../../../src/config/read.ts";
import { projectFiles, type Answers, type FileTree } from "../../../src/scaffold/files.ts";

const answers: Answers = {
  name: "my-app",
  task: "embeddings",
  mode: "local",
  target: "local",
  model: { id: "use-lite", hub: "npm:x" },
  latencyBudgetMs: 120,
  regions: ["fra1"],
  pm: "pnpm",
  reasons: ["because"],
  selfSpec: "file:vendor/x.tgz",
  version: "1.2.3",
  recreate: "npx create-edge-ai my-app --yes",
};

function textOf(tree: FileTree, file: string): string {
  const content = tree.get(file);
  return content !== undefined && "text" in content ? content.text : "";
}

describe("projectFiles", () => {
  it("has everything that a project needs, dotfiles under their own names", async () => {
    const tree = await projectFiles(answers);
    expect([...tree.keys()]).toEqual(
      expect.arrayContaining([
        ".env.example",
        ".gitignore",
        ".npmrc",
        "README.md",
        "api/batch.ts",
        "api/embeddings.ts",
        "api/health.ts",
        "api/prefetch.ts",
        "edge-ai.json",
        "lib/embedder.ts",
        "models.lock.json",
        "models/use-lite/NOTICE",
        "models/use-lite/onnx/model_quantized.onnx",
        "package.json",
        "public/index.html",
        "test/embeddings.test.ts",
        "tsconfig.json",
        "vercel.json",
      ]),
    );
    expect([...tree.keys()].filter((file) => /(^|\/)_|\.hbs$/.test(file))).toEqual([]);
  });

  it("writes the answers into edge-ai.json, which is valid", async () => {
    const config = parseConfig(JSON.parse(textOf(await projectFiles(answers), "edge-ai.json")));
    expect(config).toMatchObject({
      name: "my-app",
      target: "local",
      latencyBudgetMs: 120,
      slo: { p95Ms: 120, errorRate: 0.01 },
      model: { id: "use-lite", path: "models/use-lite" },
    });
  });

  it("sets name and our own package in package.json, and no script named build", async () => {
    const manifest: unknown = JSON.parse(textOf(await projectFiles(answers), "package.json"));
    expect(manifest).toMatchObject({
      name: "my-app",
      devDependencies: { "create-edge-ai": "file:vendor/x.tgz" },
      engines: { node: "24.x" },
    });
    expect(manifest).not.toHaveProperty("scripts.build");
  });

  it("has a vercel.json without runtime, memory and buildCommand, with regions only when asked", async () => {
    const asked = textOf(await projectFiles(answers), "vercel.json");
    const not = textOf(await projectFiles({ ...answers, regions: undefined }), "vercel.json");
    expect(JSON.parse(asked)).toMatchObject({
      $schema: "https://openapi.vercel.sh/vercel.json",
      fluid: true,
      regions: ["fra1"],
    });
    expect(JSON.parse(not)).not.toHaveProperty("regions");
    expect(asked).not.toMatch(/"(runtime|memory|buildCommand)"/);
  });

  it("says in the README how to make it again, and that use-lite is for trying", async () => {
    const readme = textOf(await projectFiles(answers), "README.md");
    expect(readme).toContain("npx create-edge-ai my-app --yes");
    expect(readme).toContain("This model is for trying");
    expect(readme).toContain("pnpm dev");
    expect(readme).not.toMatch(/\{\{|undefined/);
  });

  it("locks size and hash of every file of the built-in model that is loaded", async () => {
    const tree = await projectFiles(answers);
    const lock = JSON.parse(textOf(tree, "models.lock.json")) as {
      version: number;
      models: { id: string; path: string; files: { path: string; bytes: number; sha256: string }[] }[];
    };
    expect(lock).toMatchObject({ version: 1, models: [{ id: "use-lite", path: "models/use-lite" }] });
    const files = lock.models[0]?.files ?? [];
    expect(files.map((file) => file.path)).toEqual([
      "config.json",
      "onnx/model_quantized.onnx",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    for (const { path, bytes, sha256 } of files) {
      const content = await fs.readFile(`templates/models/use-lite/${path}`);
      expect([path, bytes, sha256]).toEqual([path, content.length, createHash("sha256").update(content).digest("hex")]);
    }
  });

  it("leaves the place for the weights of another model, and says where they come from", async () => {
    const tree = await projectFiles({
      ...answers,
      model: { id: "bge-small-en-v1.5", hub: "Xenova/bge-small-en-v1.5" },
    });
    expect([...tree.keys()].filter((file) => file.startsWith("models/"))).toEqual([
      "models/bge-small-en-v1.5/.gitkeep",
    ]);
    expect(tree.has("models.lock.json")).toBe(false);
    expect(textOf(tree, "README.md")).toContain("https://huggingface.co/Xenova/bge-small-en-v1.5");
    expect(textOf(tree, "vercel.json")).toContain("models/bge-small-en-v1.5/**");
  });

  it("says in each file of lib/ which version it came from", async () => {
    const files = (await fs.readdir("templates/app/lib", { recursive: true }))
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `templates/app/lib/${file}`);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files)
      expect(await fs.readFile(file, "utf8"), file).toMatch(`// create-edge-ai ${pkg.version}\n`);
  });
});
