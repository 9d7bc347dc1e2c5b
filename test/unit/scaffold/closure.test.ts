import fs from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { modes, tasks } from "../../../src/config/words.ts";
import { describedVariables, envExample, envLines } from "../../../src/scaffold/app-env.ts";
import { templateClosure } from "../../../src/scaffold/closure.ts";
import { codeEntries } from "../../../src/scaffold/files.ts";
import { WORKER_CODE } from "../../../src/scaffold/wrangler-json.ts";
import { firstOptions, firstRoutes, modesOf, optionNames } from "../../../src/scaffold/parts.ts";

const apps = tasks.flatMap((task) => modesOf[task].map((mode) => ({ task, mode })));

describe("templateClosure", () => {
  it("has the files that an entry imports, and those that they import", async () => {
    const { files, packages } = await templateClosure(["api/embeddings.ts"], "local");
    expect([...files.keys()]).toEqual(expect.arrayContaining(["lib/call.ts", "lib/http.ts", "lib/embedder.ts"]));
    expect(files.get("api/embeddings.ts")).toMatch(/api\/embeddings\.local\.ts$/);
    expect([...packages].toSorted()).toEqual(["@huggingface/tokenizers", "@vercel/functions", "onnxruntime-node"]);
  });

  it("takes the file of the mode, and the common one elsewhere", async () => {
    const { files, packages } = await templateClosure(["api/embeddings.ts"], "hybrid");
    expect(files.get("api/embeddings.ts")).toMatch(/api\/embeddings\.ts$/);
    expect(files.has("lib/embedder.ts")).toBe(false);
    expect([...packages]).toEqual(["@vercel/functions"]);
  });

  it("refuses what the template does not have", async () => {
    await expect(templateClosure(["api/nothing.ts"], "local")).rejects.toThrow(
      "the template has no api/nothing.ts for local",
    );
    await expect(templateClosure(["api/image.ts", "test/image.test.ts", "api/x.ts"], "external")).rejects.toThrow(
      "api/x.ts",
    );
  });

  it.each(apps)("$task in $mode mode: every variable that is read is described", async ({ task, mode }) => {
    const entries = codeEntries(firstRoutes(task), optionNames());
    const { variables } = await templateClosure([...entries, "test/serve.ts", `test/${task}.test.ts`], mode);
    const example = envExample([...variables], { mode, needs: ["auth"] });
    expect(example).not.toContain("undefined");
    for (const name of variables) expect(example).toContain(`${name}=`);
  });

  it("has no description of a variable that nothing reads", async () => {
    const all = new Set(["VERCEL_AUTOMATION_BYPASS_SECRET"]);
    for (const { task, mode } of apps) {
      const { variables } = await templateClosure(codeEntries(firstRoutes(task), optionNames()), mode);
      for (const name of variables) all.add(name);
    }
    for (const name of (await templateClosure(WORKER_CODE, "external")).variables) all.add(name);
    expect(describedVariables().filter((name) => !all.has(name))).toEqual([]);
  });
});

describe(".env.example", () => {
  const hybrid = { mode: "hybrid", needs: ["models", "endpoint", "auth"] } as const;

  it("says what has to be set, by mode", () => {
    expect(envExample(["AI_BASE_URL", "AI_MODEL"], hybrid)).toMatch(/\nAI_BASE_URL=.*\n\n.*\n# AI_MODEL=/);
    expect(envExample(["AI_BASE_URL"], { mode: "external", needs: ["images"] })).toContain("\n# AI_BASE_URL=");
    expect(envExample(["APP_API_KEYS"], { mode: "local", needs: [] })).toContain("Nothing is needed");
    expect(() => envExample(["UNHEARD_OF"], hybrid)).toThrow("no description of UNHEARD_OF");
  });

  it("gets what is missing at its end, and nothing twice", () => {
    const before = "# mine\nAI_MODEL=x\n# FAL_KEY=\n";
    const { text, added } = envLines(before, ["AI_MODEL", "FAL_KEY", "APP_API_KEYS"], hybrid);
    expect(added).toEqual(["APP_API_KEYS"]);
    expect(text.startsWith(before.trimEnd())).toBe(true);
    expect(text).toMatch(/\nAPP_API_KEYS=\n$/);
    expect(envLines("# APP_API_KEYS=\nX=\n", ["APP_API_KEYS"], hybrid)).toEqual({
      text: "APP_API_KEYS=\nX=\n",
      added: ["APP_API_KEYS"],
      required: ["APP_API_KEYS"],
    });
    expect(envLines(text, ["AI_MODEL", "FAL_KEY", "APP_API_KEYS"], hybrid)).toEqual({ text, added: [], required: [] });
  });
});

it("a new app that costs money is closed to strangers", () => {
  for (const mode of modes) expect(firstOptions(mode).includes("auth")).toBe(mode !== "local");
});

it("every option of the table is a file of the template that exports it", async () => {
  for (const name of optionNames()) {
    const text = await fs.readFile(`templates/app/lib/${name}.ts`, "utf8");
    expect(text, name).toMatch(
      new RegExp(`export const ${name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())}: Option`),
    );
  }
});
