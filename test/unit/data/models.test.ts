import { describe, expect, test } from "vitest";
import { catalogueSchema, type Model, type Variant } from "../../../src/data/models-schema.ts";
import file from "../../../src/data/models.json" with { type: "json" };
import { models } from "../../../src/data/models.ts";
import { fileBytes } from "../../../src/plan/predict.ts";
import { shapeOf } from "../../../src/plan/shape.ts";
import { pipelines, taskProfiles } from "../../../src/plan/tasks.ts";

test("models.json is what its schema says", () => {
  const result = catalogueSchema.safeParse(file);
  expect(result.error?.issues ?? []).toEqual([]);
});

test.each([
  ["an id twice", (copy: typeof file) => copy.models.push(copy.models[0]!)],
  ["more active than total", (copy: typeof file) => (copy.models[0]!.params.active = 1e12)],
  ["no licence", (copy: typeof file) => (copy.models[0]!.license = "")],
  ["an unknown key", (copy: typeof file) => Object.assign(copy.models[0]!, { colour: "red" })],
  ["an unknown source", (copy: typeof file) => (copy.models[0]!.params.source = "hearsay")],
  ["half a byte", (copy: typeof file) => (copy.models[0]!.variants[0]!.bytes = 0.5)],
])("the schema refuses %s", (_, spoil) => {
  const copy = structuredClone(file);
  spoil(copy);
  expect(catalogueSchema.safeParse(copy).success).toBe(false);
});

test("every source that is named is explained, and no other", () => {
  const used = models.flatMap((model) => [
    model.params.source,
    ...(model.tokenizer === undefined ? [] : [model.tokenizer.source]),
    ...model.variants.map((variant) => variant.source),
  ]);
  expect(new Set(Object.keys(file.sources))).toEqual(new Set(used));
});

test("a model lists a file of one kind once", () => {
  for (const model of models) {
    const kinds = model.variants.map((variant) => `${variant.engine} ${variant.dtype}`);
    expect([model.id, new Set(kinds).size]).toEqual([model.id, kinds.length]);
  }
});

test("the default model of each task is in the catalogue and does that task", () => {
  for (const [task, profile] of Object.entries(taskProfiles)) {
    const model = models.find(({ id }) => id === profile.defaultModel);
    expect(model === undefined ? [] : pipelines[model.task].tasks).toContain(task);
  }
});

// Q4_K_M has no formula.
const files = models.flatMap((model) =>
  model.variants.filter(({ dtype }) => dtype !== "Q4_K_M").map((variant) => ({ model, variant })),
);

describe("a file is within 15 % of the formula for its dtype, which catches swapped rows", () => {
  test.each(files.map((each) => [`${each.model.id} ${each.variant.dtype}`, each] as const))("%s", (_, each) => {
    const off = distances(each.model, each.variant);
    expect(Math.min(...off)).toBeLessThan(0.15);
  });

  test("and a swapped row is caught", () => {
    const model = models.find(({ id }) => id === "qwen2.5-0.5b-instruct");
    const q8 = model!.variants.find(({ dtype }) => dtype === "q8");
    expect(Math.min(...distances(model!, { ...q8!, bytes: 786_000_000 }))).toBeGreaterThan(0.15);
  });
});

/** A tied head is written out once more by some exporters: both counts are right. */
function distances(model: Model, variant: Variant): number[] {
  const shape = shapeOf({
    params: model.params.total,
    activeParams: model.params.active,
    kind: pipelines[model.task].kind,
    entry: model,
  });
  const withHead = { ...shape, nonEmbeddingParams: shape.nonEmbeddingParams + shape.embeddingParams };
  return [shape, withHead].flatMap((each) => {
    const bytes = fileBytes(variant.dtype, each);
    return bytes === null ? [] : [Math.abs(variant.bytes / bytes - 1)];
  });
}
