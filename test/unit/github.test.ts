import fs from "node:fs/promises";
import path from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { outputLine, reportToGitHub } from "../../src/github.ts";
import type { Io } from "../../src/io.ts";
import { tempDir } from "../temp.ts";

function ioIn(cwd: string, env: Io["env"]): { io: Io; said: () => string } {
  const stderr = new PassThrough();
  const io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    env,
    cwd,
    signal: new AbortController().signal,
  };
  return { io, said: () => String(stderr.read() ?? "") };
}

const read = (...parts: string[]): Promise<string> => fs.readFile(path.join(...parts), "utf8");

describe("reportToGitHub", () => {
  it("adds to the summary and the outputs, and names the report", async () => {
    const dir = await tempDir();
    const [summary, output] = [path.join(dir, "summary"), path.join(dir, "output")];
    await fs.writeFile(output, "before=1\n");
    const { io, said } = ioIn(dir, { GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output });
    const outputs = { url: "https://a.example/?x=1", outcome: "staged", "production-url": null, cause: undefined };
    await reportToGitHub(io, { markdown: "### fine", outputs });
    await reportToGitHub(io, { markdown: "### again", outputs: {} });
    expect(await read(summary)).toBe("### fine\n### again\n");
    const report = path.join(dir, ".edge-ai", "report.md");
    expect(await read(output)).toBe(
      `before=1\nurl=https://a.example/?x=1\noutcome=staged\nreport=${report}\nreport=${report}\n`,
    );
    expect(await read(report)).toBe("### again\n");
    expect(said()).toBe("");
  });

  it.each([{}, { GITHUB_STEP_SUMMARY: "", GITHUB_OUTPUT: "" }])(
    "writes only the report outside of a workflow",
    async (env) => {
      const dir = await tempDir();
      await reportToGitHub(ioIn(dir, env).io, { markdown: "### fine", outputs: { url: "x" } });
      expect((await fs.readdir(dir, { recursive: true })).toSorted()).toEqual([".edge-ai", ".edge-ai/report.md"]);
    },
  );

  it("does not fail a release whose report cannot be written, and names no report then", async () => {
    const dir = await tempDir();
    await fs.writeFile(path.join(dir, ".edge-ai"), "a file");
    const output = path.join(dir, "output");
    const { io, said } = ioIn(dir, { GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: dir });
    await reportToGitHub(io, { markdown: "x", outputs: { outcome: "promoted" } });
    expect(await read(output)).toBe("outcome=promoted\n");
    expect(said().match(/^warning: the report for GitHub is not whole: /gm)).toHaveLength(2);
  });

  it("writes no secret of the environment", async () => {
    const dir = await tempDir();
    const output = path.join(dir, "output");
    const VERCEL_TOKEN = "marker-7f3a9c51";
    const { io } = ioIn(dir, { VERCEL_TOKEN, GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: path.join(dir, "summary") });
    await reportToGitHub(io, { markdown: `said ${VERCEL_TOKEN}`, outputs: { message: `said ${VERCEL_TOKEN}` } });
    for (const file of ["output", "summary", ".edge-ai/report.md"]) {
      expect(await read(dir, file)).not.toContain(VERCEL_TOKEN);
      expect(await read(dir, file)).toContain("said [secret]");
    }
  });
});

describe("outputLine", () => {
  it.each([
    ["one line", "url=https://a=b", "url=https://a=b\n"],
    ["two lines", "url=a\nadmin=true", "url<<END\na\nadmin=true\nEND\n"],
    ["a lone carriage return", "url=a\rb=c", "url<<END\na\rb=c\nEND\n"],
    ["nothing", "url=", "url=\n"],
  ])("%s", (_what, pair, line) => {
    const [name = "", ...value] = pair.split("=");
    expect(outputLine(name, value.join("="), "END")).toBe(line);
  });

  it("refuses text that could end itself, and names that are none", () => {
    expect(() => outputLine("a", "x\nEND\nb=c", "END")).toThrow("delimiter");
    expect(() => outputLine("a\nb", "x", "END")).toThrow("name of an output");
  });
});
