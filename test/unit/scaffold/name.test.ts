import { describe, expect, it } from "vitest";
import { projectName } from "../../../src/scaffold/name.ts";

describe("projectName", () => {
  it.each([
    ["my-app", "my-app"],
    ["My App", "my-app"],
    ["Übung 7", "ubung-7"],
    ["a_b.c", "a_b.c"],
    ["--weird--name--", "weird-name"],
    ["trailing.", "trailing"],
    ["@scope", "scope"],
    ["x".repeat(100), "x".repeat(100)],
  ])("%s → %s", (folder, name) => {
    expect(projectName(folder)).toBe(name);
  });

  it.each([
    ["con", "my-con"],
    ["LPT1", "my-lpt1"],
    ["nul.txt", "my-nul.txt"],
    ["node_modules", "my-node_modules"],
    ["edge-ai", "my-edge-ai"],
    ["日本", "my-app"],
    ["...", "my-app"],
    ["y".repeat(101), "y".repeat(40)],
  ])("refuses %s and suggests %s", (folder, suggestion) => {
    expect(() => projectName(folder)).toThrow(
      expect.objectContaining({ code: "BAD_NAME", hint: expect.stringContaining(`"${suggestion}"`) }),
    );
  });

  it("suggests names that it takes itself", () => {
    for (const name of ["my-con", "my-lpt1", "my-nul.txt", "my-node_modules"]) expect(projectName(name)).toBe(name);
  });
});
