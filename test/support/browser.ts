import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import sparticuz from "@sparticuz/chromium";
import { chromium, type Browser, type Page } from "playwright-core";

/** A real Chromium without a window. `close` ends it and removes what it unpacked. */
export interface TestBrowser {
  browser: Browser;
  close(): Promise<void>;
}

/** Starts a Chromium of its own, about 3 s. */
export async function launchBrowser(): Promise<TestBrowser> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-browser-"));
  const executablePath = await unpackInto(dir);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  return {
    browser,
    async close() {
      await browser.close();
      await fs.rm(dir, { recursive: true, force: true });
    },
  };
}

/** The package unpacks its browser into the temporary folder, and trusts what it finds there, even half of one. */
async function unpackInto(dir: string): Promise<string> {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = dir;
  try {
    return await sparticuz.executablePath();
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

/** The URLs that a page asks for from now on. */
export function requestsOf(page: Page): string[] {
  const urls: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  return urls;
}

/**
 * What a page complains of from now on: errors of scripts, broken policies, warnings. Not that an answer had a status
 * of 400 or more: Chromium says so of every such answer, expected or not.
 */
export function complaintsOf(page: Page): string[] {
  const texts: string[] = [];
  page.on("console", (message) => {
    if (!message.text().startsWith("Failed to load resource")) texts.push(message.text());
  });
  page.on("pageerror", (error) => texts.push(error.message));
  return texts;
}

/** A picture of what is seen of the page as `<name>.png`, in a folder of the system's temporary one, when EDGE_AI_SCREENSHOTS is set. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!process.env["EDGE_AI_SCREENSHOTS"]) return;
  const folder = path.join(os.tmpdir(), "edge-ai-screenshots");
  await fs.mkdir(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

// What follows runs within the page: as text, since the DOM is none of this project's types.

/** What sticks out of the page to the right. Code may scroll by itself. */
export const tooWide = `(() => {
  const width = document.documentElement.clientWidth;
  const page = document.documentElement.scrollWidth > width ? ["the page"] : [];
  const all = [...document.querySelectorAll("body *")].filter((element) => !element.closest("pre, svg, .unseen"));
  return page.concat(all.filter((element) => element.getBoundingClientRect().right > width + 0.5).map((element) => element.outerHTML.slice(0, 80)));
})()`;

/** Text below a contrast of 4.5 to 1 with what is behind it (WCAG 2.2, 1.4.3). */
export const hardToRead = `(() => {
  const parse = (colour) => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return { rgb: [r, g, b], a }; };
  const light = (rgb) => { const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (element) => { for (let at = element; at; at = at.parentElement) { const { rgb, a } = parse(getComputedStyle(at).backgroundColor); if (a === 1) return rgb; } return [255, 255, 255]; };
  const contrast = (a, b) => { const [hi, lo] = [light(a), light(b)].sort((x, y) => y - x); return (hi + 0.05) / (lo + 0.05); };
  const hasText = (element) => element.matches("input, textarea") || [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
  return [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility() && hasText(element)).flatMap((element) => {
    const found = contrast(parse(getComputedStyle(element).color).rgb, behind(element));
    return found < 4.5 ? [(element.id || element.textContent.slice(0, 40)) + " " + found.toFixed(1)] : [];
  });
})()`;

/** Controls that a screen reader could not name (WCAG 2.2, 4.1.2). A placeholder is no name. */
export const nameless = `(() => {
  const labels = (element) => [...(element.labels ?? [])].map((label) => label.textContent.trim()).join("");
  const name = (element) => element.getAttribute("aria-label") || labels(element) || (element.matches("input, textarea, select") ? "" : element.textContent.trim());
  return [...document.querySelectorAll("a, button, input, textarea, select, summary, [tabindex]")].filter((element) => !name(element)).map((element) => element.outerHTML.slice(0, 80));
})()`;

/** Images without a text, ids used twice, headings other than one h1, a page without a language. */
export const malformed = `(() => {
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  return [
    ...[...document.images].filter((image) => !image.alt).map(() => "an image without alt"),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => "id " + id + " twice"),
    ...(document.querySelectorAll("h1").length === 1 ? [] : ["not one h1"]),
    ...(document.documentElement.lang ? [] : ["no lang"]),
    ...(document.title ? [] : ["no title"]),
  ];
})()`;
