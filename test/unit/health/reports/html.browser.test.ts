import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import sparticuz from "@sparticuz/chromium";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { reportHtml } from "../../../../src/health/reports/html.ts";
import { compared } from "./chat-results.ts";
import { failing, hostile, inconclusive, refused } from "./results.ts";

/** Set to anything, it leaves a picture of every page in a folder of the system's temporary one, and says where. */
const wantsPictures = Boolean(process.env["EDGE_AI_SCREENSHOTS"]);

let dir = "";
let browser: Browser;

beforeAll(async () => {
  dir = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-html-"));
  // The package unpacks its browser into the temporary folder, and trusts what it finds there, even half of one.
  vi.stubEnv("TMPDIR", dir);
  const executablePath = await sparticuz.executablePath();
  vi.unstubAllEnvs();
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
});

afterAll(async () => {
  await browser?.close();
  await fs.rm(dir, { recursive: true, force: true });
});

const results = { compared, failing, inconclusive, refused, hostile };
const looks = [
  ["light", 1_280],
  ["dark", 1_280],
  ["light", 390],
  ["dark", 390],
] as const;

describe.each(Object.keys(results) as (keyof typeof results)[])("%s", (name) => {
  test.each(looks)("%s at %i px: whole, readable, and asks nobody", async (colorScheme, width) => {
    const file = path.join(dir, `${name}.html`);
    await fs.writeFile(file, reportHtml(results[name]()));
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 844 } });
    const page = await context.newPage();
    const [requests, messages] = [listen(page), complaints(page)];
    await page.goto(pathToFileURL(file).href);
    expect(requests).toEqual([pathToFileURL(file).href]);
    expect(messages).toEqual([]);
    expect(await page.evaluate(tooWide)).toEqual([]);
    expect(await page.evaluate(hardToRead)).toEqual([]);
    expect(await page.evaluate(smallestLetters)).toBeGreaterThan(10);
    if (wantsPictures) await picture(page, `${name}-${colorScheme}-${width}`);
    await context.close();
  });
});

test("the dark page is dark", async () => {
  const page = await browser.newPage({ colorScheme: "dark" });
  await page.setContent(reportHtml(failing()));
  const background = await page.evaluate("getComputedStyle(document.body).backgroundColor");
  expect(Math.max(...(String(background).match(/\d+/g) ?? ["255"]).map(Number))).toBeLessThan(60);
  await page.close();
});

function listen(page: Page): string[] {
  const urls: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  return urls;
}

/** A policy that was broken is a message of the console too. */
function complaints(page: Page): string[] {
  const texts: string[] = [];
  page.on("console", (message) => texts.push(message.text()));
  page.on("pageerror", (error) => texts.push(error.message));
  return texts;
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = path.join(os.tmpdir(), "edge-ai-screenshots");
  await fs.mkdir(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

// What follows runs within the page: as text, since the DOM is none of this project's types.

/** What sticks out of the page. Tables and code may scroll by themselves. */
const tooWide = `(() => {
  const width = document.documentElement.clientWidth;
  const page = document.documentElement.scrollWidth > width ? ["the page"] : [];
  const scrolls = (element) => element.closest("pre, .scroll, thead, svg");
  const all = [...document.querySelectorAll("main *")].filter((element) => !scrolls(element));
  return page.concat(all.filter((element) => element.getBoundingClientRect().right > width + 0.5).map((element) => element.outerHTML.slice(0, 80)));
})()`;

/** Text below a contrast of 4.5 to 1 with what is behind it (WCAG 2.2, 1.4.3). */
const hardToRead = `(() => {
  const parse = (colour) => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return { rgb: [r, g, b], a }; };
  const light = (rgb) => { const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (element) => { for (let at = element; at; at = at.parentElement) { const { rgb, a } = parse(getComputedStyle(at).backgroundColor); if (a === 1) return rgb; } return [255, 255, 255]; };
  const contrast = (a, b) => { const [hi, lo] = [light(a), light(b)].sort((x, y) => y - x); return (hi + 0.05) / (lo + 0.05); };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
  return [...document.querySelectorAll("main *")].filter(hasText).filter((element) => !["title", "desc"].includes(element.localName)).flatMap((element) => {
    const style = getComputedStyle(element);
    const { rgb } = parse(element.closest("svg") ? style.fill : style.color);
    const found = contrast(rgb, behind(element));
    return found < 4.5 ? [element.textContent.slice(0, 40) + " " + found.toFixed(1)] : [];
  });
})()`;

/** The height in pixels of the smallest letters, also of those that a chart scales. */
const smallestLetters = `(() => {
  const size = (element) => {
    const svg = element.ownerSVGElement;
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    return parseFloat(getComputedStyle(element).fontSize) * scale;
  };
  return Math.min(...[...document.querySelectorAll("main p, main td, main th, main li, main small, main dt, main dd, svg text")].map(size));
})()`;
