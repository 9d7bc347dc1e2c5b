import { RequestError } from "./api.js";
import { make } from "./dom.js";

/**
 * What went wrong, as it is: status, code and message.
 * @param retry called by the button "Try again"; without it there is none
 */
export function problem(error, retry) {
  const buttons = [];
  if (error.status === 401) buttons.push(button("Enter an API key", wantKey));
  if (retry !== undefined) buttons.push(button("Try again", retry));
  return make(
    "div",
    { className: "problem", role: "alert" },
    make("p", {}, make("strong", {}, headline(error)), " ", make("span", {}, sentence(error))),
    make("div", { className: "buttons" }, ...buttons),
  );
}

function headline(error) {
  return error instanceof RequestError ? `${error.status} ${error.code}` : "No answer";
}

function sentence(error) {
  // fetch throws a TypeError without a reason when it cannot reach the server.
  if (error instanceof TypeError) return "the app could not be reached";
  const seconds = Number(error.retryAfter);
  return error.retryAfter && seconds > 0 ? `${error.message}; it asks to wait ${seconds} s` : error.message;
}

function button(text, action) {
  const made = make("button", { type: "button", className: "quiet" }, text);
  made.addEventListener("click", action);
  return made;
}

function wantKey() {
  document.dispatchEvent(new Event("key-wanted"));
}
