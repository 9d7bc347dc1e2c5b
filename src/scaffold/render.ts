import Handlebars from "handlebars";

/** Fills a template whose text varies. A name that the values lack is an error, not an empty place. */
export function render(template: string, values: object): string {
  return Handlebars.compile(template, { noEscape: true, strict: true })(values);
}
