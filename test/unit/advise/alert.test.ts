import * as z from "zod";
import { describe, expect, test } from "vitest";
import { alertSchema, openAlerts, parseAlerts, type Alert } from "../../../src/advise/alert.ts";

const alert = (change: Partial<Alert> = {}): Alert => ({
  version: 1,
  rule: "p95",
  state: "firing",
  metric: "p95Ms",
  value: 812,
  limit: 500,
  target: "vercel",
  at: "2026-11-23T10:00:00Z",
  ...change,
});

const [a, b] = [alert(), alert({ rule: "errors", metric: "errorRate", value: 0.03, limit: 0.02 })];

describe("a file of alerts", () => {
  test.each([
    ["an array", JSON.stringify([a, b], null, 2), [a, b]],
    ["a line each", `${JSON.stringify(a)}\n\n${JSON.stringify(b)}\n`, [a, b]],
    ["one on a line", JSON.stringify(a), [a]],
    ["one over several lines", JSON.stringify(a, null, 2), [a]],
    ["nothing", "\n", []],
    ["an empty array", "[]", []],
  ])("as %s", (_, text, alerts) => {
    expect(parseAlerts(text, "alerts.jsonl")).toEqual(alerts);
  });

  test.each([
    ["a line that was cut", `${JSON.stringify(a)}\n{"version":1,`, "alerts.jsonl:2 is not valid JSON"],
    ["no alert", '[{"version":1}]', "alerts.jsonl has 7 problems"],
    ["a metric that nobody knows", JSON.stringify({ ...a, metric: "p95" }), "0.metric"],
    ["a state that nobody knows", JSON.stringify({ ...a, state: "open" }), "0.state"],
    ["no date", JSON.stringify({ ...a, at: "today" }), "0.at"],
    ["a key that is not ours", JSON.stringify({ ...a, token: "x" }), 'Unrecognized key: "token"'],
  ])("%s is refused", (_, text, message) => {
    expect(() => parseAlerts(text, "alerts.jsonl")).toThrow(message);
  });
});

describe("what is open", () => {
  test.each([
    ["firing", [a], [a]],
    ["pending", [alert({ state: "pending" })], [alert({ state: "pending" })]],
    ["resolved since", [a, alert({ state: "resolved", at: "2026-11-23T10:05:00Z" })], []],
    ["resolved before, in another order", [a, alert({ state: "resolved", at: "2026-11-23T09:00:00Z" })], [a]],
    ["another time zone", [a, alert({ state: "resolved", at: "2026-11-23T10:30:00+01:00" })], [a]],
    [
      "the same rule on another target",
      [a, alert({ state: "resolved", target: "local", at: "2026-11-23T11:00:00Z" })],
      [a],
    ],
  ])("%s", (_, alerts, open) => {
    expect(openAlerts(alerts)).toEqual(open);
  });
});

test("the schema is published with a meaning for what needs one", () => {
  const { properties } = z.toJSONSchema(alertSchema);
  expect(properties).toMatchObject({
    metric: { enum: expect.arrayContaining(["p95Ms", "monthlyCostUsd", "up"]), description: expect.any(String) },
    value: { description: "null: nothing was measured" },
  });
});
