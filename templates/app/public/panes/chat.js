import { fragment, make } from "../dom.js";
import { Conversation } from "./conversation.js";

const examples = [
  "Explain what an embedding is to a ten-year-old.",
  "Write a haiku about a slow network.",
  "Give me three names for a bakery by the sea.",
];

const view = `
  <div class="log" role="log" aria-label="Conversation"></div>
  <div class="welcome"><p>Say something, or begin with one of these.</p><div class="buttons"></div></div>
  <div class="dock">
    <form class="composer" autocomplete="off">
      <label class="unseen" for="chat-text">Message</label>
      <textarea id="chat-text" rows="1" placeholder="Message" enterkeyhint="send"></textarea>
      <button class="round" aria-label="Send" title="Send (Enter)">
        <svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 16V4.5M5 9.5l5-5 5 5" /></svg>
      </button>
      <button type="button" class="round stop" aria-label="Stop" title="Stop (Esc)" hidden>
        <svg viewBox="0 0 20 20" aria-hidden="true"><rect x="5.5" y="5.5" width="9" height="9" rx="1.5" /></svg>
      </button>
    </form>
    <p class="keys">
      <span><kbd>Enter</kbd> sends · <kbd>Shift</kbd> <kbd>Enter</kbd> new line · <kbd>Esc</kbd> stops</span>
      <button type="button" class="link anew" hidden>New chat</button>
    </p>
  </div>`;

const settingsView = `
  <label for="chat-system">System prompt</label>
  <textarea id="chat-system" rows="2" placeholder="You are a helpful assistant."></textarea>
  <label for="chat-temperature">Temperature</label>
  <input id="chat-temperature" type="number" min="0" max="2" step="0.1" inputmode="decimal" placeholder="the model's own" />`;

export const chatPane = { task: "chat", route: "/api/chat", title: "Chat", mount };

function mount(section, settings) {
  section.append(fragment(view));
  settings.append(fragment(settingsView));
  const find = (selector) => section.querySelector(selector);
  const [form, text, send, stop] = ["form", "textarea", "[aria-label=Send]", ".stop"].map(find);
  const [welcome, anew] = [".welcome", ".anew"].map(find);
  const conversation = new Conversation(find(".log"), () => readSettings(settings), refresh);

  function refresh() {
    const { isBusy, isEmpty } = conversation;
    const active = document.activeElement;
    [send.hidden, stop.hidden, welcome.hidden, anew.hidden] = [isBusy, !isBusy, !isEmpty, isEmpty];
    // A button that was pressed and is gone must not take the keyboard's place with it.
    const isLost = !active.checkVisibility() || (isBusy && active === document.body);
    if (isLost) text.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (conversation.isBusy) return;
    conversation.ask(text.value);
    text.value = "";
  });
  text.addEventListener("keydown", (event) => {
    // While an input method composes a word, Enter belongs to it. Safari says so only by the key code 229.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !section.hidden) conversation.stop();
  });
  stop.addEventListener("click", () => conversation.stop());
  anew.addEventListener("click", () => conversation.clear());
  welcome.querySelector(".buttons").append(...examples.map((example) => exampleButton(example, conversation)));
}

function exampleButton(example, conversation) {
  const button = make("button", { type: "button", className: "quiet" }, example);
  button.addEventListener("click", () => conversation.ask(example));
  return button;
}

function readSettings(settings) {
  const [system, temperature] = ["#chat-system", "#chat-temperature"].map((id) => settings.querySelector(id));
  return {
    system: system.value.trim(),
    temperature: temperature.value === "" ? undefined : temperature.valueAsNumber,
  };
}
