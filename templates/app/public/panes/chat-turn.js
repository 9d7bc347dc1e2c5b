import { duration, make } from "../dom.js";
import { problem } from "../problem.js";
import { richText } from "../rich-text.js";

/** Reasons for an end that a reader should know of, in OpenAI's words. */
const endings = {
  length: "The answer ended at the token limit.",
  content_filter: "The provider's content filter ended the answer.",
  tool_calls: "The model asked for a tool; this page has none.",
};

/** A question and its answer on the page. `text` is what has come so far. */
export class Turn {
  constructor(question) {
    this.question = question;
    this.text = "";
    this.words = make("div", { className: "words" });
    this.answer = make("div", { className: "answer" }, make("span", { className: "unseen" }, "Answer:"), this.words);
    this.answer.setAttribute("aria-busy", "true");
    const asked = make("p", { className: "question" }, make("span", { className: "unseen" }, "You: "), question);
    this.element = make("article", { className: "turn" }, asked, this.answer);
    this.frame = 0;
  }

  /**
   * Adds a piece of the answer. Drawn once a frame, however fast the pieces come.
   * @param within draws it, and does what goes with that
   */
  add(piece, within) {
    this.text += piece;
    this.frame ||= requestAnimationFrame(() => within(() => this.draw()));
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.words.replaceChildren(...richText(this.text));
  }

  /** Shows how it ended. */
  end(result, retry) {
    this.settle();
    const { cut, finishReason } = result;
    if (cut?.code === "stopped") this.note("You stopped it.");
    else if (cut !== null) this.element.append(cutNotice(cut, this.text, retry));
    else if (finishReason in endings) this.note(endings[finishReason]);
    else if (this.text === "") this.note("The answer has no text.");
    this.element.append(make("p", { className: "facts dotted" }, ...factsOf(result)));
  }

  /** There is no answer at all. */
  fail(error, retry) {
    this.settle();
    this.answer.hidden = true;
    this.element.append(problem(error, retry));
  }

  settle() {
    this.draw();
    this.answer.removeAttribute("aria-busy");
  }

  note(text) {
    this.element.append(make("p", { className: "note" }, text));
  }
}

function cutNotice({ code, message }, text, retry) {
  const title = text === "" ? "No answer came" : "The answer was cut off here";
  const notice = make("div", { className: "problem cut", role: "alert" });
  const again = make("button", { type: "button", className: "quiet" }, "Try again");
  again.addEventListener("click", retry);
  notice.append(
    make("p", {}, make("strong", {}, `${title}.`), " ", make("code", {}, code), `: ${message}`),
    make("div", { className: "buttons" }, again),
  );
  return notice;
}

function factsOf({ headers, firstMs, totalMs, usage }) {
  const [target, attempts, cache] = ["x-ai-target", "x-ai-attempts", "x-ai-cache"].map((name) => headers.get(name));
  return [
    target !== null && `answered by ${target}`,
    Number(attempts) > 1 && `${attempts} attempts`,
    (cache === "hit" || cache === "shared") && "from the cache",
    firstMs !== null && `first token ${duration(firstMs)}`,
    `total ${duration(totalMs)}`,
    usage !== null && `${usage.prompt_tokens} tokens in, ${usage.completion_tokens} out`,
  ]
    .filter(Boolean)
    .map((fact) => make("span", {}, fact));
}
