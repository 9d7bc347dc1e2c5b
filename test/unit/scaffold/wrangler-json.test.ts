import { describe, expect, test } from "vitest";
import { parseJsonc, withStrings } from "../../../src/jsonc.ts";
import {
  mergeGitignore,
  mergeWrangler,
  requiredNames,
  schedulesIn,
  wranglerText,
} from "../../../src/scaffold/wrangler-json.ts";
import { workersCron } from "../../../src/workers-cron.ts";

const config = (text: string): any => parseJsonc(text);

describe("JSONC", () => {
  test.each([
    [
      '{ "a": [1, -2.5e3, "x,]}//y", null, true,], /* c */ "b": {}, } // end',
      { a: [1, -2500, "x,]}//y", null, true], b: {} },
    ],
    ["[]", []],
    ['// first\n"text"\n', "text"],
    ['{"a\\"b": "\\u00e9"}', { 'a"b': "é" }],
  ])("%j", (text, value) => {
    expect(parseJsonc(text)).toEqual(value);
  });

  test.each(["", "{", '{"a" 1}', "{a: 1}", "[1 2]", '{"a": 1} x', '"a\nb"', "{,}", "/* open"])("refuses %j", (text) => {
    expect(() => parseJsonc(text)).toThrow(SyntaxError);
  });

  test.each([
    [
      '{\n  // mine\n  "t": { "crons": ["old"] /* kept */ },\n}',
      '{\n  // mine\n  "t": { "crons": ["a", "b"] /* kept */ },\n}',
    ],
    ['{\n\t"x": 1\n}', '{\n\t"t": { "crons": ["a", "b"] },\n\t"x": 1\n}'],
    ['{ "t": {} }', '{ "t": { "crons": ["a", "b"]} }'],
    ['{ "t": { "y": 1 } }', '{ "t": { "crons": ["a", "b"], "y": 1 } }'],
  ])("a list goes into %j", (before, after) => {
    expect(withStrings(before, ["t", "crons"], ["a", "b"])).toBe(after);
    expect(config(after).t.crons).toEqual(["a", "b"]);
  });

  test("a list does not go into what is no object", () => {
    expect(() => withStrings('{ "t": 1 }', ["t", "crons"], [])).toThrow(SyntaxError);
    expect(() => withStrings("[]", ["t", "crons"], [])).toThrow(SyntaxError);
  });
});

describe("a schedule", () => {
  test.each([
    ["0 5 * * *", "0 5 * * *"],
    ["0 5 * * 1", "0 5 * * MON"],
    ["0 5 * * 0", "0 5 * * SUN"],
    ["0 5 * * 1-5", "0 5 * * MON-FRI"],
    ["*/5 1,2 1 1 0,6", "*/5 1,2 1 1 SUN,SAT"],
    ["0 5 * * */2", "0 5 * * */2"],
    ["0 5 * * MON", "0 5 * * MON"],
  ])("%s means %s on Cloudflare", (schedule, cron) => {
    expect(workersCron(schedule)).toBe(cron);
  });
});

describe("wrangler.jsonc", () => {
  const fresh = wranglerText({ name: "my-app", secrets: ["A"], crons: ["0 5 * * 1", "0 5 * * 1"] });

  test.each([
    ["my-app", "my-app"],
    ["My.App_1", "my-app-1"],
    ["@me/app", "me-app"],
    ["x".repeat(80), "x".repeat(54)],
  ])("the name %s is the Worker %s", (name, worker) => {
    expect(config(wranglerText({ name, secrets: [], crons: [] })).name).toBe(worker);
  });

  test("has secrets and schedules", () => {
    expect(config(fresh)).toMatchObject({
      version_metadata: { binding: "CF_VERSION_METADATA" },
      compatibility_flags: expect.arrayContaining(["nodejs_compat"]),
      secrets: { required: ["A"] },
      triggers: { crons: ["0 5 * * MON"] },
      send_metrics: false,
    });
  });

  test("gets what is new, and loses neither comment nor what its owner put there", () => {
    const edited = fresh
      .replace('"required": ["A"]', '"required": ["A", "MINE"]')
      .replace("  // The", "  // my note\n  // The");
    const merged = mergeWrangler(edited, { secrets: ["B", "A"], crons: ["0 5 * * 1", "1 1 1 1 *"] });
    expect(config(merged)).toMatchObject({
      secrets: { required: ["A", "MINE", "B"] },
      triggers: { crons: ["0 5 * * MON", "1 1 1 1 *"] },
    });
    expect(merged).toContain("// my note");
    expect(mergeWrangler(merged, { secrets: ["A", "B"], crons: ["1 1 1 1 *"] })).toBe(merged);
  });

  test("that is none is said to be", () => {
    expect(() => mergeWrangler("{", { secrets: ["A"], crons: [] })).toThrow("wrangler.jsonc cannot be read");
  });
});

test("schedulesIn reads vercel.json", () => {
  expect(schedulesIn('{"crons":[{"path":"/api/prefetch","schedule":"0 5 * * *"},{}]}')).toEqual(["0 5 * * *"]);
  expect(schedulesIn("{}")).toEqual([]);
  expect(() => schedulesIn("{")).toThrow("vercel.json is not valid JSON");
});

test("requiredNames are those that .env.example does not comment out", () => {
  expect(requiredNames("# A=\nB=\n export C=1\n#D=\nnot a line\n")).toEqual(["B", "C"]);
});

test(".gitignore gets what is missing", () => {
  expect(mergeGitignore("node_modules/\n.wrangler/\n")).toBe("node_modules/\n.wrangler/\n.cloudflare/\n.dev.vars*\n");
  expect(mergeGitignore(mergeGitignore(""))).toBe(".cloudflare/\n.wrangler/\n.dev.vars*\n");
});
