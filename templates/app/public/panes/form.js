import { make } from "../dom.js";
import { problem } from "../problem.js";

/**
 * Runs `work` when the form of a pane is sent, and shows what comes of it: one at a time, and it can be cancelled.
 * @param work gets the fields and `{ signal, say }`; returns `{ nodes, note }`
 */
export function form(section, work) {
  const element = section.querySelector("form");
  const submit = element.querySelector("button");
  const cancel = make("button", { type: "button", className: "quiet", hidden: true }, "Cancel");
  const note = make("p", { className: "note" });
  note.setAttribute("role", "status");
  const results = make("div", { className: "results" });
  results.setAttribute("aria-live", "polite");
  submit.after(cancel);
  section.append(note, results);
  let controller = null;

  function say(text) {
    note.textContent = text;
  }

  async function run() {
    controller = new AbortController();
    const { signal } = controller;
    setBusy(true);
    say("…");
    try {
      const done = await work(Object.fromEntries(new FormData(element)), { signal, say });
      results.replaceChildren(...done.nodes);
      say(done.note);
    } catch (error) {
      // What went wrong while it was cancelled is worth knowing.
      const isCancelled = signal.aborted && error.name === "AbortError";
      results.replaceChildren(...(isCancelled ? [] : [problem(error, start)]));
      say(isCancelled ? "cancelled" : "");
    } finally {
      controller = null;
      setBusy(false);
    }
  }

  function setBusy(isBusy) {
    const hadFocus = [submit, cancel].includes(document.activeElement);
    [submit.hidden, cancel.hidden] = [isBusy, !isBusy];
    if (hadFocus) (isBusy ? cancel : submit).focus();
    results.setAttribute("aria-busy", String(isBusy));
  }

  function start() {
    if (controller === null) void run();
  }

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  cancel.addEventListener("click", () => controller?.abort());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !section.hidden) controller?.abort();
  });
}
