import fs from "node:fs";
import { expect, it } from "vitest";
import { errorCodes } from "../../src/errors.ts";

it("the README repeats the table of error codes", () => {
  const readme = fs.readFileSync("README.md", "utf8");
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| (\d) +\| (.+?) +\|$/gm)].map(([, code, exit, text]) => [
    code,
    { exit: Number(exit), text },
  ]);
  expect(Object.fromEntries(rows)).toEqual(errorCodes);
});

it("every code is thrown somewhere", () => {
  const sources = fs
    .readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && file !== "errors.ts")
    .map((file) => fs.readFileSync(`src/${file}`, "utf8"))
    .join("\n");
  const unused = Object.keys(errorCodes).filter((code) => !sources.includes(`"${code}"`));
  expect(unused).toEqual([]);
});
