import { make } from "./dom.js";

/**
 * The little Markdown that models like best, as nodes: code fences, `code` and **bold**. All else stays as it was
 * written, and nothing becomes HTML.
 */
export function richText(text) {
  // Each odd part is inside a fence; the last one may still be open while it streams.
  return text.split(/^```/m).flatMap((part, index) => (index % 2 === 1 ? [codeBlock(part)] : inline(part)));
}

function codeBlock(part) {
  const [, ...lines] = part.split("\n"); // the first one names the language
  const block = make("pre", { tabIndex: 0 }, make("code", {}, lines.join("\n").trimEnd()));
  block.setAttribute("aria-label", "code");
  return block;
}

function inline(part) {
  const text = part.replaceAll(/^\n+|\n+$/g, ""); // a block of code has space around it already
  return text.split(/(`[^`\n]+`|\*\*[^*\n]+\*\*)/).map((piece, index) => {
    if (index % 2 === 0) return piece;
    return piece.startsWith("`") ? make("code", {}, piece.slice(1, -1)) : make("strong", {}, piece.slice(2, -2));
  });
}
