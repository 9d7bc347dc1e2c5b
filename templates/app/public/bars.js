import { make } from "./dom.js";

/** A list of `{ label, value }`, the greatest first, with a bar for each; 1 is a full one. */
export function bars(rows, format) {
  const items = rows
    .toSorted((a, b) => b.value - a.value)
    .map(({ label, value }) => {
      const fill = make("div", { className: "fill" });
      fill.style.width = `${Math.min(1, Math.max(0, value)) * 100}%`;
      const words = make("p", {}, make("span", {}, label), " ", make("data", { value }, format(value)));
      return make("li", {}, words, make("div", { className: "track" }, fill));
    });
  return make("ol", { className: "bars" }, ...items);
}
