import { post } from "../api.js";
import { bars } from "../bars.js";
import { duration, fragment, make } from "../dom.js";
import { form } from "./form.js";

const view = `
  <p class="lead">Which label fits?</p>
  <form autocomplete="off">
    <label for="classify-input">Text</label>
    <textarea id="classify-input" name="input" rows="3" required>
The parcel came two days early, and everything in it works.</textarea>
    <label for="classify-labels">Labels, with commas between</label>
    <input id="classify-labels" name="labels" placeholder="the app's own" />
    <div class="buttons"><button>Classify</button></div>
  </form>`;

export const classifyPane = { task: "classify", route: "/api/classify", title: "Classify", mount };

function mount(section) {
  section.append(fragment(view));
  form(section, async ({ input, labels }, { signal }) => {
    const own = labelsOf(labels);
    const startedMs = performance.now();
    const { body } = await post("/api/classify", { input, ...(own.length > 0 && { labels: own }) }, signal);
    const [{ label, scores }] = body.data;
    const note = `answered in ${duration(performance.now() - startedMs)}`;
    return { nodes: [make("p", { className: "verdict" }, label), ...scoresOf(scores)], note };
  });
}

function labelsOf(text) {
  return text
    .split(",")
    .map((label) => label.trim())
    .filter(Boolean);
}

/** A chat model that is asked for a label gives no scores. */
function scoresOf(scores) {
  if (!Array.isArray(scores)) return [];
  const rows = scores.map(({ label, score }) => ({ label, value: score }));
  return [bars(rows, (value) => `${(value * 100).toFixed(1)} %`)];
}
