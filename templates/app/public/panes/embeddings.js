import { post } from "../api.js";
import { bars } from "../bars.js";
import { duration, fragment } from "../dom.js";
import { form } from "./form.js";

const view = `
  <p class="lead">Which sentence is nearest?</p>
  <form autocomplete="off">
    <label for="embeddings-query">Sentence</label>
    <input id="embeddings-query" name="query" value="How do I get my money back?" required />
    <label for="embeddings-texts">Compare with, one a line</label>
    <textarea id="embeddings-texts" name="texts" rows="4" required>
Refunds are paid within five days.
Our office is closed on Sundays.
The cat slept on the warm roof.</textarea>
    <div class="buttons"><button>Compare</button></div>
  </form>`;

export const embeddingsPane = { task: "embeddings", route: "/api/embeddings", title: "Embeddings", mount };

function mount(section) {
  section.append(fragment(view));
  form(section, async ({ query, texts }, { signal }) => {
    const lines = linesOf(texts);
    const startedMs = performance.now();
    const { body } = await post("/api/embeddings", { input: [query, ...lines] }, signal);
    const note = `${lines.length + 1} sentences in ${duration(performance.now() - startedMs)}`;
    const [first, ...vectors] = body.data.map(({ embedding }) => embedding);
    const rows = lines.map((label, index) => ({ label, value: cosine(first, vectors[index]) }));
    return { nodes: [bars(rows, (value) => value.toFixed(3))], note };
  });
}

function linesOf(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

function cosine(a, b) {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function dot(a, b) {
  return a.reduce((sum, value, index) => sum + value * b[index], 0);
}
