import { request } from "../api.js";
import { duration, fragment, make } from "../dom.js";
import { form } from "./form.js";

const POLL_MS = 1_000;

const view = `
  <p class="lead">Describe a picture.</p>
  <form autocomplete="off">
    <label for="image-prompt">Prompt</label>
    <textarea id="image-prompt" name="prompt" rows="3" required>
A lighthouse on a cliff at dusk, watercolour</textarea>
    <div class="buttons"><button>Make it</button></div>
  </form>`;

export const imagePane = { task: "image", route: "/api/image", title: "Images", mount };

function mount(section) {
  section.append(fragment(view));
  form(section, async ({ prompt }, { signal, say }) => {
    const startedMs = performance.now();
    const passed = () => duration(performance.now() - startedMs);
    say("sent …");
    const response = await request("/api/image", { method: "POST", body: { prompt }, signal });
    const first = await response.json();
    const done = response.status === 202 ? await poll(first, { signal, say, passed }) : first;
    return { nodes: done.data.map(({ url }) => figure(url, prompt)), note: `made in ${passed()}` };
  });
}

/** Asks until the image is there. A job that nobody waits for is cancelled: it would be paid for. */
async function poll(job, { signal, say, passed }) {
  try {
    for (;;) {
      signal.throwIfAborted();
      const response = await request(here(job.status_url), { signal });
      const answer = await response.json();
      if (Array.isArray(answer.data)) return answer;
      say(`${answer.status ?? "waiting"} … ${passed()}`);
      await pause(Number(response.headers.get("retry-after")) * 1_000 || POLL_MS, signal);
    }
  } catch (error) {
    if (signal.aborted) await request(here(job.cancel_url ?? job.status_url), { method: "DELETE" });
    throw error;
  }
}

/** The path alone: behind a proxy, the app may know itself by another name than this page does. */
function here(url) {
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

function figure(url, prompt) {
  const image = make("img", { src: url, alt: prompt, referrerPolicy: "no-referrer" });
  const made = make("figure", {}, image, make("figcaption", {}, prompt));
  image.addEventListener("error", () =>
    image.replaceWith(make("p", {}, `The image is made, but cannot be shown: ${url}`)),
  );
  return made;
}
