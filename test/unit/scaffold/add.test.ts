import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/config/read.ts";
import type { Mode, Task } from "../../../src/config/words.ts";
import { planAddition, type Addition } from "../../../src/scaffold/add.ts";
import { projectFiles, type FileContent, type FileTree } from "../../../src/scaffold/files.ts";
import { optionByHand, optionsFile, optionsIn, type Addable } from "../../../src/scaffold/parts.ts";
import fs from "node:fs/promises";

const version = "1.2.3";

/** A project as `create` makes it: path → text. */
async function project(task: Task, mode: Mode): Promise<Map<string, string>> {
  const tree = await projectFiles({
    name: "my-app",
    task,
    mode,
    target: "vercel",
    model: { id: task === "image" ? "flux.1-schnell" : "use-lite", hub: "a/b" },
    latencyBudgetMs: 300,
    regions: undefined,
    pm: "npm",
    reasons: [],
    selfSpec: "1",
    version,
    recreate: "",
  });
  return texts(tree);
}

async function texts(tree: FileTree): Promise<Map<string, string>> {
  const code = [...tree].filter(([file]) => !/^(?:models|public\/panes)\//.test(file));
  return new Map(await Promise.all(code.map(async ([file, content]) => [file, await textOf(content)] as const)));
}

async function textOf(content: FileContent): Promise<string> {
  return "text" in content ? content.text : fs.readFile(content.copyOf, "utf8");
}

function add(
  files: Map<string, string>,
  parts: Addable[],
  mode: Mode,
  asked: { model: string; isModelAsked: boolean } = { model: "some-model", isModelAsked: false },
): Promise<Addition> {
  const config = parseConfig(JSON.parse(files.get("edge-ai.json") ?? "{}"));
  const read = (file: string): Promise<string | null> => Promise.resolve(files.get(file) ?? null);
  return planAddition({ config, parts, mode, ...asked, version, read });
}

const json = (addition: Addition, file: string): any => JSON.parse(addition.writes.get(file) ?? "null");

describe("planAddition", () => {
  it("adds a function with all that it needs", async () => {
    const files = await project("embeddings", "local");
    const addition = await add(files, ["chat"], "external");
    expect([...addition.writes.keys()]).toEqual(
      expect.arrayContaining(["api/chat.ts", "lib/targets.ts", "vercel.json", "edge-ai.json", ".env.example"]),
    );
    expect(addition.writes.get("lib/targets.ts")).toContain('"some-model"');
    expect(json(addition, "vercel.json").rewrites).toContainEqual({
      source: "/v1/chat/completions",
      destination: "/api/chat",
    });
    expect(Object.keys(json(addition, "vercel.json").functions)).toEqual(
      expect.arrayContaining(["api/chat.ts", "api/embeddings.ts"]),
    );
    expect(json(addition, "edge-ai.json").probes.map((probe: { path: string }) => probe.path)).toEqual([
      "/api/embeddings",
      "/api/chat",
    ]);
    expect(addition.writes.get("public/panes.js")).toContain("export const panes = [embeddingsPane, chatPane];");
    expect(addition.kept).toEqual([]);
  });

  it("does not leave what costs money open: the first such function brings keys and limits, and probes send the key", async () => {
    const addition = await add(await project("embeddings", "local"), ["chat"], "external");
    expect(optionsIn(addition.writes.get("lib/options.ts") ?? "")).toEqual(["usage", "auth", "limits"]);
    for (const probe of json(addition, "edge-ai.json").probes) {
      expect(probe.headers).toEqual({ authorization: "Bearer {{env.APP_API_KEYS}}" });
    }
    expect(addition.variables).toEqual(expect.arrayContaining(["AI_API_KEY", "APP_API_KEYS"]));
  });

  it("switches on options in the order of a request, whatever the order they are asked in", async () => {
    const addition = await add(await project("chat", "hybrid"), ["queue", "cache", "rate-limit"], "hybrid");
    expect(addition.writes.get("lib/options.ts")).toBe(
      optionsFile(version, ["usage", "auth", "limits", "rate-limit", "cache", "queue"]),
    );
    expect([...addition.writes.keys()]).toEqual(
      expect.arrayContaining(["lib/cache.ts", "lib/queue.ts", "lib/rate-limit.ts"]),
    );
  });

  it("gives an added function the model that it was asked for, as long as no function asks the targets", async () => {
    const gpt = { model: "gpt-4o-mini", isModelAsked: true };
    const image = await project("image", "external");
    const { writes, kept } = await add(image, ["chat"], "external", gpt);
    expect(writes.get("lib/targets.ts")).toContain('AI_MODEL || "gpt-4o-mini"');
    expect(writes.get("lib/targets.ts")).toContain('PROVIDER = "https://api.openai.com/v1"');
    expect(kept).toEqual([]);
    const chat = await project("chat", "hybrid");
    await expect(add(chat, ["classify"], "hybrid", gpt)).rejects.toMatchObject({ code: "USAGE" });
    expect((await add(chat, ["classify"], "hybrid")).writes.has("lib/targets.ts")).toBe(false);
  });

  it("refuses models of two kinds behind one list of targets", async () => {
    await expect(add(await project("chat", "hybrid"), ["embeddings"], "hybrid")).rejects.toMatchObject({
      code: "NO_TEMPLATE",
    });
    const both = await add(await project("embeddings", "local"), ["chat", "classify"], "external");
    expect([...both.writes.keys()]).toEqual(expect.arrayContaining(["api/chat.ts", "api/classify.ts"]));
  });

  it("replaces what only another mode needs, so that added functions have their own", async () => {
    const files = await project("embeddings", "local");
    for (const [file, text] of (await add(files, ["usage"], "local")).writes) files.set(file, text);
    expect(files.get("lib/target-facts.ts")).not.toContain("./targets.ts");
    const { writes, kept } = await add(files, ["chat"], "external");
    expect(writes.get("lib/target-facts.ts")).toContain("./targets.ts");
    expect(kept).toEqual([]);
    for (const [file, text] of writes) files.set(file, text);
    // And an option that comes later does not take it away again.
    expect((await add(files, ["cache"], "local")).writes.has("lib/target-facts.ts")).toBe(false);
  });

  it("needs no change of a list of options by hand for what does not concern it, and knows what is really on", async () => {
    const files = await project("chat", "hybrid");
    const mine = (files.get("lib/options.ts") ?? "").replace("[usage, auth, limits]", "[usage, limits]");
    files.set("lib/options.ts", `${mine}export const mine = 1;\n`);
    expect((await add(files, ["image"], "hybrid")).writes.has("lib/options.ts")).toBe(false);
    expect(await add(files, ["auth"], "hybrid")).toMatchObject({ present: [], byHand: ["auth"] });
    files.set("lib/options.ts", mine.replace("[usage, limits]", "[limits, usage]"));
    expect(await add(files, ["cache"], "hybrid")).toMatchObject({ byHand: ["cache"] });
  });

  it("writes nothing for what is there", async () => {
    const addition = await add(await project("chat", "hybrid"), ["chat", "auth"], "hybrid");
    expect([[...addition.writes], addition.present]).toEqual([[], ["chat", "auth"]]);
  });

  it("keeps shared files that the user has changed, and says so", async () => {
    const files = await project("embeddings", "local");
    files.set("lib/http.ts", "// mine\n");
    const addition = await add(files, ["rate-limit"], "local");
    expect(addition.kept).toEqual(["lib/http.ts"]);
    expect(addition.writes.has("lib/http.ts")).toBe(false);
  });

  it("does not write over a list of options that was changed by hand, and says what belongs into it", async () => {
    const files = await project("chat", "hybrid");
    files.set("lib/options.ts", `${files.get("lib/options.ts")}console.log("mine");\n`);
    const { writes, kept, byHand, options } = await add(files, ["cache"], "hybrid");
    expect([writes.has("lib/options.ts"), writes.has("lib/cache.ts")]).toEqual([false, true]);
    expect([kept, byHand, options]).toEqual([["lib/options.ts"], ["cache"], []]);
    expect(optionByHand("cache")).toBe(
      'in lib/options.ts: import { cache } from "./cache.ts", and put cache into the list, after usage, auth, limits, rateLimit',
    );
  });

  it("keeps what is in the JSON files, and their indentation", async () => {
    const files = await project("embeddings", "local");
    const manifest = { ...JSON.parse(files.get("package.json") ?? ""), mine: true, dependencies: {} };
    files.set("package.json", JSON.stringify(manifest, null, 4));
    const addition = await add(files, ["cache"], "local");
    expect(addition.writes.get("package.json")).toMatch(/^\{\n {4}"/);
    expect(json(addition, "package.json")).toMatchObject({
      mine: true,
      dependencies: { "@vercel/functions": expect.any(String) },
    });
    files.set("vercel.json", "{");
    await expect(add(files, ["batch", "chat"], "external")).rejects.toMatchObject({ code: "BAD_CONFIG" });
  });
});
