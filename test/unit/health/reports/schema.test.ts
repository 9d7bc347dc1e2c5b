import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { healthcheckAnswerSchema } from "../../../../src/health/answer-schema.ts";
import { hostile, passing, results } from "./results.ts";

const validate = new Ajv2020({ allErrors: true }).compile(z.toJSONSchema(healthcheckAnswerSchema));
const isValid = (value: unknown): boolean => validate(JSON.parse(JSON.stringify(value)));

test.each(Object.entries({ ...results, hostile }))("%s validates against the published schema", (_name, result) => {
  expect(isValid(result().document), JSON.stringify(validate.errors)).toBe(true);
});

test.each([
  ["with a hint", { version: 1, error: { code: "USAGE", message: "no such flag", hint: "run edge-ai --help" } }],
  ["without", { version: 1, error: { code: "INTERRUPTED", message: "interrupted" } }],
])("an error %s validates", (_name, document) => {
  expect(isValid(document)).toBe(true);
});

describe("a broken document does not", () => {
  const { document } = passing();
  test.each([
    ["an unknown key", { ...document, extra: 1 }],
    ["another version", { ...document, version: 2 }],
    ["no verdict", { ...document, verdict: undefined }],
    ["a verdict nobody knows", { ...document, verdict: "degraded" }],
    ["NaN, which JSON writes as null", { ...document, measurement: { ...document.measurement, requests: Number.NaN } }],
    ["a cause nobody knows", { ...document, cause: "gremlins" }],
    ["half an interval", { ...document, checks: [{ ...document.checks[0], interval: [1] }] }],
    [
      "an error by an unknown cause",
      {
        ...document,
        measurement: { ...document.measurement, errorsByCause: { gremlins: { count: 1, first: "", requestId: null } } },
      },
    ],
    ["an error with an unknown code", { version: 1, error: { code: "OOPS", message: "" } }],
    ["a result with an error", { ...document, error: { code: "USAGE", message: "" } }],
  ])("%s", (_name, broken) => {
    expect(isValid(broken)).toBe(false);
  });
});
