import { askChat } from "./chat-request.js";
import { Turn } from "./chat-turn.js";

const NEAR_BOTTOM_PX = 120;

/** Questions and answers on the page, in memory only; one answer at a time. */
export class Conversation {
  #turns = [];
  /** Stops the answer that is on its way; null when there is none. */
  #controller = null;
  #log;
  #settings;
  #changed;

  /**
   * @param log the element for the turns
   * @param settings says with what to ask: `{ system, temperature }`, temperature undefined for the model's own
   * @param changed called when it began or ended to be busy or empty
   */
  constructor(log, settings, changed) {
    this.#log = log;
    this.#settings = settings;
    this.#changed = changed;
  }

  get isBusy() {
    return this.#controller !== null;
  }

  get isEmpty() {
    return this.#turns.length === 0;
  }

  /** Asks, unless there is nothing to ask or an answer is on its way. */
  ask(text) {
    const question = text.trim();
    if (question === "" || this.isBusy) return;
    const { system, temperature } = this.#settings();
    const body = {
      messages: toMessages(system, this.#turns, question),
      ...(temperature !== undefined && { temperature }),
    };
    const turn = new Turn(question);
    this.#turns.push(turn);
    this.#log.append(turn.element);
    scrollTo({ top: document.documentElement.scrollHeight });
    void this.#run(turn, body);
  }

  stop() {
    this.#controller?.abort();
  }

  clear() {
    this.stop();
    this.#controller = null;
    this.#turns = [];
    this.#log.replaceChildren();
    this.#changed();
  }

  async #run(turn, body) {
    const controller = new AbortController();
    this.#controller = controller;
    this.#changed();
    const retry = () => this.#again(turn);
    try {
      const onText = (piece) => turn.add(piece, keepAtBottom);
      const result = await askChat(body, { signal: controller.signal, onText });
      keepAtBottom(() => turn.end(result, retry));
    } catch (error) {
      keepAtBottom(() => turn.fail(error, retry));
    } finally {
      // After clear() it may be another one's.
      if (this.#controller === controller) this.#controller = null;
      this.#changed();
    }
  }

  /** Asks the same once more, in place of the turn that failed. */
  #again(turn) {
    if (this.isBusy) return;
    this.#turns = this.#turns.filter((each) => each !== turn);
    turn.element.remove();
    this.ask(turn.question);
  }
}

/** The conversation so far. Questions that got no answer are left out: many models refuse two in a row. */
function toMessages(system, turns, question) {
  const past = turns.flatMap((turn) => {
    if (turn.text === "") return [];
    return [
      { role: "user", content: turn.question },
      { role: "assistant", content: turn.text },
    ];
  });
  return [
    ...(system === "" ? [] : [{ role: "system", content: system }]),
    ...past,
    { role: "user", content: question },
  ];
}

/** Follows the text down, unless the reader has scrolled up. */
function keepAtBottom(change) {
  const root = document.documentElement;
  const isAtBottom = root.scrollHeight - root.clientHeight - scrollY < NEAR_BOTTOM_PX;
  change();
  if (isAtBottom) scrollTo({ top: root.scrollHeight });
}
