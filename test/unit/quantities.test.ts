import { describe, expect, it } from "vitest";
import {
  parseChoice,
  parseFraction,
  parseMilliseconds,
  parseParams,
  parsePositive,
  parseWhole,
} from "../../src/quantities.ts";

const rows: [string, (text: string) => unknown, [string, unknown][], string[]][] = [
  [
    "parseParams",
    parseParams,
    [
      ["0.5B", 5e8],
      ["360M", 3.6e8],
      ["0.999B", 999e6],
      ["7000000000", 7e9],
      ["1.5b", 1.5e9],
      ["2T", 2e12],
      ["33k", 33e3],
      [".5B", 5e8],
    ],
    ["", "x", "-1B", "0", "1e9", "NaN", "Infinity", "1 B", "999T", "1BB", "0x10"],
  ],
  [
    "parseMilliseconds",
    parseMilliseconds("--p95"),
    [
      ["300", 300],
      ["300ms", 300],
      ["1.5s", 1500],
      ["2m", 120_000],
    ],
    ["", "0", "-5", "2h", "61m", "NaN", "1e3", "300 ms"],
  ],
  [
    "parseFraction",
    parseFraction("--error-rate"),
    [
      ["1%", 0.01],
      ["0.01", 0.01],
      ["0", 0],
      ["100%", 1],
    ],
    ["", "101%", "2", "-1%", "NaN", "%"],
  ],
  [
    "parsePositive",
    parsePositive("--rate", 100),
    [
      ["1", 1],
      ["0.5", 0.5],
      ["100", 100],
    ],
    ["", "0", "101", "-1", "NaN", "Infinity", "1e1"],
  ],
  [
    "parseWhole",
    parseWhole("--port", 0, 65_535),
    [
      ["0", 0],
      ["65535", 65_535],
    ],
    ["", "65536", "-1", "1.5", "NaN", "0x1", "9".repeat(30)],
  ],
  ["parseChoice", parseChoice("--pm", ["npm", "pnpm"]), [["npm", "npm"]], ["", "NPM", "cargo"]],
];

describe.each(rows)("%s", (_name, parse, good, bad) => {
  it.each(good)("%s → %s", (text, value) => {
    expect(parse(text)).toBe(value);
  });

  it.each(bad)("refuses %j with what to give", (text) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: "USAGE", hint: expect.stringContaining("give") }),
    );
  });
});
