// Classification inside the function, by meaning and by a model with labels of its own, with the real ONNX Runtime.
import fs from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveLocalApp, type LocalApp } from "../support/local-app.ts";
import { expectedLogits, writeClassifier, type ClassifierOptions } from "../support/onnx-classifier.ts";

const USE_LITE = "templates/models/use-lite";

async function post(app: LocalApp, body: unknown): Promise<{ status: number; body: any }> {
  const response = await fetch(`${app.url}/api/classify`, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

describe("by the nearest meaning, with the built-in use-lite", () => {
  let app: LocalApp;
  beforeAll(async () => {
    app = await serveLocalApp({
      functions: ["classify"],
      writeModel: (dir) => fs.cp(USE_LITE, dir, { recursive: true }),
    });
  });
  afterAll(() => app?.close());

  it("knows good from bad with the labels of lib/labels.ts", async () => {
    const texts = {
      "The product is excellent and I use it every day.": "positive",
      "Fantastic, exactly what I wanted!": "positive",
      "Really helpful support, thank you so much.": "positive",
      "The worst purchase I have ever made.": "negative",
      "It stopped working after an hour and nobody answers my mails.": "negative",
      "What a waste of money.": "negative",
    };
    const { status, body } = await post(app, { input: Object.keys(texts) });
    expect(status).toBe(200);
    expect(body.data.map(({ label }: { label: string }) => label)).toEqual(Object.values(texts));
    expect(body).toMatchObject({ object: "list", model: "tiny", usage: { prompt_tokens: expect.any(Number) } });
  });

  it("sorts texts into topics that a request names", async () => {
    const labels = ["sports", "cooking", "politics"];
    const texts = {
      "The team won the football match in the last minute.": "sports",
      "Add the onions to the pan and fry them with butter.": "cooking",
      "The president lost the election to the opposition.": "politics",
    };
    const { body } = await post(app, { input: Object.keys(texts), labels });
    expect(body.data.map(({ label }: { label: string }) => label)).toEqual(Object.values(texts));
    for (const { label, score, scores } of body.data) {
      expect(scores[0]).toEqual({ label, score });
      expect(scores.map((each: { label: string }) => each.label).toSorted()).toEqual(labels.toSorted());
      expect(scores.map((each: { score: number }) => each.score)).toEqual(
        scores.map((each: { score: number }) => each.score).toSorted((a: number, b: number) => b - a),
      );
      expect(scores.reduce((sum: number, each: { score: number }) => sum + each.score, 0)).toBeCloseTo(1, 6);
    }
  });

  it("says the same of a text, alone or among others, whatever the order of the labels", async () => {
    const input = "The soup needs more salt.";
    const [alone, among] = await Promise.all([
      post(app, { input, labels: ["sports", "cooking"] }),
      post(app, { input: ["Goal!", input], labels: ["cooking", "sports"] }),
    ]);
    expect(among.body.data[1]).toEqual({ ...alone.body.data[0], index: 1 });
  });

  it("takes names of JavaScript's own for labels like others", async () => {
    const { status, body } = await post(app, { input: "x", labels: ["constructor", "__proto__", "toString"] });
    expect([status, body.data[0].scores.length]).toEqual([200, 3]);
  });

  it.each([
    ["no input", {}, 400, "invalid_input"],
    ["an empty text", { input: " " }, 400, "invalid_input"],
    ["a number", { input: [1] }, 400, "invalid_input"],
    ["an empty list", { input: [] }, 400, "invalid_input"],
    ["too many texts", { input: Array.from({ length: 257 }, () => "x") }, 400, "invalid_input"],
    ["a text that is too long", { input: "x".repeat(32_769) }, 400, "input_too_long"],
    ["one label", { input: "x", labels: ["a"] }, 400, "invalid_labels"],
    ["a label twice", { input: "x", labels: ["a", "a"] }, 400, "invalid_labels"],
    ["a label that is a number", { input: "x", labels: ["a", 1] }, 400, "invalid_labels"],
    ["labels that are a text", { input: "x", labels: "a,b" }, 400, "invalid_labels"],
    ["another model", { input: "x", model: "other" }, 404, "model_not_found"],
    ["a list", [], 400, "invalid_body"],
  ])("refuses %s", async (_what, body, status, code) => {
    const answer = await post(app, body);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });
});

describe("by a model with labels of its own", () => {
  const single: ClassifierOptions = { labels: ["calm", "angry", "unsure"], seed: 3 };
  let app: LocalApp;
  beforeAll(async () => {
    app = await serveLocalApp({ functions: ["classify"], writeModel: (dir) => writeClassifier(dir, single) });
  });
  afterAll(() => app?.close());

  it("gives the softmax of the logits that the weights make of the words, counted by hand", async () => {
    const { status, body } = await post(app, { input: ["the order came late", "Thanks, never again!"] });
    expect(status).toBe(200);
    // "Thanks," is two words to the tokenizer, and the comma none that the model knows.
    const words = [
      ["the", "order", "came", "late"],
      ["thanks", "[UNK]", "never", "again", "!"],
    ];
    words.forEach((each, index) => {
      const expected = softmax(expectedLogits(single, each));
      for (const { label, score } of body.data[index].scores) {
        expect(score).toBeCloseTo(expected[single.labels.indexOf(label)] ?? -1, 5);
      }
      expect(body.data[index].label).toBe(single.labels[expected.indexOf(Math.max(...expected))]);
    });
    expect(body.usage).toEqual({ prompt_tokens: 9, total_tokens: 9 });
  });

  it("chooses among some of its labels when asked, and knows no others", async () => {
    const { body } = await post(app, { input: "the order", labels: ["unsure", "calm"] });
    const [calm = 0, , unsure = 0] = expectedLogits(single, ["the", "order"]);
    const [expected = 0] = softmax([calm, unsure]);
    expect(body.data[0].scores.find(({ label }: { label: string }) => label === "calm").score).toBeCloseTo(expected, 5);
    const refused = await post(app, { input: "the order", labels: ["calm", "happy"] });
    expect([refused.status, refused.body.error.code]).toEqual([400, "unknown_labels"]);
    expect(refused.body.error.message).toContain("happy");
  });

  it("scores each label on its own where several may hold", async () => {
    const several: ClassifierOptions = { ...single, problemType: "multi_label_classification" };
    const other = await serveLocalApp({ functions: ["classify"], writeModel: (dir) => writeClassifier(dir, several) });
    try {
      const { body } = await post(other, { input: "broken again" });
      const logits = expectedLogits(several, ["broken", "again"]);
      for (const { label, score } of body.data[0].scores) {
        const logit = logits[several.labels.indexOf(label)] ?? 0;
        expect(score).toBeCloseTo(1 / (1 + Math.exp(-logit)), 5);
      }
    } finally {
      await other.close();
    }
  });
});

function softmax(values: readonly number[]): number[] {
  const powers = values.map((value) => Math.exp(value));
  return powers.map((power) => power / powers.reduce((sum, each) => sum + each, 0));
}
