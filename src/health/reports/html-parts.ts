import { escapeXml } from "./xml.ts";

/** A cell: escaped HTML, and whether it is a number. */
export interface Cell {
  html: string;
  isNumber?: boolean;
}

/** A cell with text of others. */
export function textCell(text: string): Cell {
  return { html: escapeXml(text) };
}

/** A cell with a figure. */
export function numberCell(text: string): Cell {
  return { html: escapeXml(text), isNumber: true };
}

/**
 * A table whose first column names the row. On a phone each row becomes a block, whose cells say their column; the roles are
 * written out, since some readers forget them when a table is laid out otherwise.
 */
export function htmlTable(caption: string, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const classOf = (column: number): string =>
    rows.some((row) => row[column]?.isNumber === true) ? ' class="number"' : "";
  const heads = head.map(
    (name, column) => `<th role="columnheader" scope="col"${classOf(column)}>${escapeXml(name)}</th>`,
  );
  const cell = ({ html }: Cell, column: number): string =>
    column === 0
      ? `<th role="rowheader" scope="row">${html}</th>`
      : `<td role="cell"${classOf(column)} data-name="${escapeXml(head[column] ?? "")}"><div>${html}</div></td>`;
  return [
    `<div class="scroll" role="region" tabindex="0" aria-label="${escapeXml(caption)}"><table role="table"><caption>${escapeXml(caption)}</caption>`,
    `<thead role="rowgroup"><tr role="row">${heads.join("")}</tr></thead><tbody role="rowgroup">`,
    ...rows.map((row) => `<tr role="row">${row.map(cell).join("")}</tr>`),
    "</tbody></table></div>",
  ].join("");
}

/** A part of the page with a heading. The content is HTML. */
export function card(heading: string, content: string): string {
  return `<section class="card"><h2>${escapeXml(heading)}</h2>${content}</section>`;
}

/** A chart with what it shows and its legend (HTML each). */
export function figureCard(chart: {
  heading: string;
  caption: string;
  legend?: readonly string[];
  svg: string;
}): string {
  const { heading, caption, legend = [], svg } = chart;
  const items =
    legend.length === 0 ? "" : `<ul class="legend">${legend.map((item) => `<li>${item}</li>`).join("")}</ul>`;
  return `<section class="card"><figure><h2>${escapeXml(heading)}</h2><figcaption>${escapeXml(caption)}</figcaption>${items}${svg}</figure></section>`;
}

/** An entry of a legend. */
export function legendKey(keyClass: string, name: string): string {
  return `<span class="key ${keyClass}"></span>${escapeXml(name)}`;
}

/** Names and texts as a list of definitions. */
export function definitions(listClass: string, rows: readonly (readonly [name: string, text: string])[]): string {
  const items = rows.map(([name, text]) => `<div><dt>${escapeXml(name)}</dt><dd>${escapeXml(text)}</dd></div>`);
  return `<dl class="${listClass}">${items.join("")}</dl>`;
}
