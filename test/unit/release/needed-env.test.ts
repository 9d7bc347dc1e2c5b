import { expect, test } from "vitest";
import { variablesRead } from "../../../src/config/env-names.ts";
import { parseEnvExample } from "../../../src/config/env-example.ts";
import { readNeededEnv } from "../../../src/release/needed-env.ts";
import { tempDir, writeTree } from "../../temp.ts";

test("names in .env.example are required, and optional when they are commented out", () => {
  const text = "# Words about it.\nA=\r\nexport B = x\n# C=\n#D=1\n  E=\n# A=again\n# no equals sign\n";
  expect(parseEnvExample(text)).toEqual({ required: ["A", "B", "E"], optional: ["C", "D"] });
});

test("names that code reads", () => {
  const source = `const { X, Y: y = "1", ...rest } = process.env; process.env.A; process.env["B"]; process.env['C']; process.env[name];`;
  expect(variablesRead(source)).toEqual(["A", "B", "C", "X", "Y"]);
});

test("names that are read and not listed are told, those of the platform are not", async () => {
  const dir = await tempDir("edge-ai-env");
  await writeTree(dir, {
    ".env.example": "A=\n",
    "api/x.ts": "process.env.A; process.env.NEW; process.env.VERCEL_URL; process.env.EDGE_AI_BUILD_ID",
    "lib/y/z.ts": 'process.env["OTHER"]; process.env.NODE_ENV',
    "scripts/s.ts": "process.env.NOT_A_FUNCTION",
  });
  expect(await readNeededEnv(dir)).toEqual({ required: ["A"], optional: [], unlisted: ["NEW", "OTHER"] });
});

test("without a .env.example nothing is required", async () => {
  expect(await readNeededEnv(await tempDir("edge-ai-env"))).toEqual({ required: [], optional: [], unlisted: [] });
});
