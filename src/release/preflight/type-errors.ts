import path from "node:path";
import { exec } from "../../exec.ts";
import { defineCheck } from "./check.ts";
import { exists } from "../../exists.ts";

const LINES_SHOWN = 5;

/** `vercel build` prints type errors and goes on (tried with CLI 60.1.3), so they are looked for here, by the project's own tsc. */
export const typeErrorsCheck = defineCheck("types", async ({ io, dir }) => {
  const tsc = path.join(dir, "node_modules", ".bin", "tsc");
  if (!(await exists(path.join(dir, "tsconfig.json")))) return [];
  if (!(await exists(tsc))) {
    const message = "there is a tsconfig.json, and TypeScript is not installed: types were not checked";
    return [{ level: "warning", message, hint: "run npm install (npm install --save-dev typescript)" }];
  }
  const { exitCode, stdout, stderr } = await exec(io, {
    command: tsc,
    args: ["--noEmit", "--pretty", "false"],
    cwd: dir,
  });
  if (exitCode === 0) return [];
  return [{ level: "error", message: firstLines(`${stdout}\n${stderr}`), hint: "run npx tsc --noEmit to see all" }];
});

function firstLines(output: string): string {
  const lines = output.trim().split("\n");
  const more = lines.length > LINES_SHOWN ? [`… and ${lines.length - LINES_SHOWN} more lines`] : [];
  return ["tsc --noEmit found type errors", ...lines.slice(0, LINES_SHOWN), ...more].join("\n");
}
