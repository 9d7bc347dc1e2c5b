/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * A new element. Children are nodes or texts, never HTML: what a model writes is not trusted.
 * @param properties of the element, like className and title
 */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Nodes of a piece of the page's own HTML. Only for constants. */
export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/** "340 ms", "2.1 s". */
export function duration(ms) {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
