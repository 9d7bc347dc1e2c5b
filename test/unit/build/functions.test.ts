import { describe, expect, it } from "vitest";
import { dynamicRoute, findFunctions, settingsOf } from "../../../src/build/functions.ts";
import { tempDir, writeTree } from "../../temp.ts";

describe("findFunctions", () => {
  it("finds entries below api/, and leaves out private files, declarations and other types", async () => {
    const dir = await tempDir();
    await writeTree(dir, {
      "api/a.ts": "",
      "api/sub/b.mjs": "",
      "api/_private.ts": "",
      "api/.hidden.ts": "",
      "api/_lib/x.ts": "",
      "api/types.d.ts": "",
      "api/data.json": "{}",
    });
    const functions = await findFunctions(dir, { functions: {}, crons: [] });
    expect(functions.map(({ file, route }) => [file, route])).toEqual([
      ["api/a.ts", "api/a"],
      ["api/sub/b.mjs", "api/sub/b"],
    ]);
  });

  it("says so when there is none", async () => {
    await expect(findFunctions(await tempDir(), { functions: {}, crons: [] })).rejects.toMatchObject({
      code: "BUILD_FAILED",
    });
  });

  it("refuses a pattern that matches nothing, like Vercel does", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "api/a.ts": "" });
    await expect(findFunctions(dir, { functions: { "api/nothere.ts": {} }, crons: [] })).rejects.toMatchObject({
      code: "BAD_CONFIG",
      message: expect.stringContaining("api/nothere.ts"),
    });
  });
});

describe("settingsOf", () => {
  const functions = {
    "api/chat.ts": { maxDuration: 60 },
    "api/{batch,health}.ts": { maxDuration: 20 },
    "api/**/*.ts": { maxDuration: 10 },
  };
  it.each([
    ["api/chat.ts", 60],
    ["api/health.ts", 20],
    ["api/deep/other.ts", 10],
    ["api/other.js", undefined],
  ])("%s gets the first pattern that matches", (file, maxDuration) => {
    expect(settingsOf(file, { functions }).maxDuration).toBe(maxDuration);
  });
});

describe("dynamicRoute", () => {
  it.each([
    ["api/users", undefined, undefined],
    ["api/users/[id]", "^/api/users/([^/]+)$", "/api/users/[id]?id=$1"],
    ["api/[a]/x.y/[b]", "^/api/([^/]+)/x\\.y/([^/]+)$", "/api/[a]/x.y/[b]?a=$1&b=$2"],
    ["api/[...all]", "^/api/(\\S+)$", "/api/[...all]?all=$1"],
  ])("%s", (route, src, dest) => {
    const made = dynamicRoute(route);
    expect([made?.src, made?.dest]).toEqual([src, dest]);
  });
});
