import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { startFakeProvider, type FakeProvider, type FakeRequest } from "../../src/fake-provider/server.ts";
import {
  complaintsOf,
  hardToRead,
  launchBrowser,
  malformed,
  nameless,
  picture,
  requestsOf,
  tooWide,
  type TestBrowser,
} from "../support/browser.ts";
import { health, imageFunction, KEY, playgroundFunctions } from "./playground-functions.ts";
import { serveTestApp, type Answer, type TestApp } from "./playground-server.ts";

/** Run within the page. */
const focused = "document.activeElement.id";
const isDark = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number).every((n) => n < 60)";
const LONG = `Deutsches Wort: ${"Donaudampfschifffahrtsgesellschaftskapitän".repeat(4)}`;

let test: TestBrowser;
let browser: Browser;
let provider: FakeProvider;
/** An app with all panes. */
let app: TestApp;
let functions: ReturnType<typeof playgroundFunctions>;
const image = imageFunction();

beforeAll(async () => {
  [test, provider] = await Promise.all([launchBrowser(), startFakeProvider({ tokens: 24 })]);
  browser = test.browser;
  functions = playgroundFunctions(provider);
  app = await serveTestApp({ "/api/health": health("chat"), ...functions, "/api/image": image.answer });
});

afterAll(async () => {
  await app?.close();
  await provider?.close();
  await test?.close();
});

beforeEach(() => {
  image.calls.length = 0;
});

describe("a chat", () => {
  it("shows who answers, is well formed, and asks nobody else", async () => {
    const { page, requests, complaints } = await open();
    await page.getByText("main-model").waitFor();
    expect(await page.locator("#about").innerText()).toMatch(/main-model.*a provider runs the model.*build abc123/s);
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Playground");
    await page.getByRole("link", { name: "Images" }).waitFor();
    expect(await page.title()).toBe("Chat · main-model");
    expect([await page.evaluate(malformed), await page.evaluate(nameless)]).toEqual([[], []]);
    await picture(page, "empty");
    await ask(page, "hello");
    await page.locator(".facts", { hasText: /^answered by / }).waitFor();
    expect(requests.filter((url) => !url.startsWith(`${app.url}/`))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("sends with Enter, and says which target answered, how long it took, and the tokens", async () => {
    const { page } = await open();
    const text = page.getByLabel("Message");
    await text.fill("one");
    await text.press("Shift+Enter");
    await text.pressSequentially("two");
    expect(await page.locator(".turn").count()).toBe(0);
    await text.press("Enter");
    await page
      .getByText(/^answered by main\s*2 attempts\s*first token [\d.]+ m?s\s*total [\d.]+ m?s\s*\d+ tokens in, 24 out$/)
      .waitFor();
    expect(await text.inputValue()).toBe("");
    expect((await words(page)).split(" ").length).toBeGreaterThan(10);
    expect(lastChat().body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: "user", content: "one\ntwo" }],
    });
  });

  it.each([
    ["the button", (page: Page) => page.getByRole("button", { name: "Stop" }).click()],
    ["Escape", (page: Page) => page.keyboard.press("Escape")],
  ])("shows the text as it comes, and %s stops it at its source", async (_, stop) => {
    const { page } = await open();
    await ask(page, "fault:hang-mid");
    // Four tokens, and then nothing: what is seen now was seen before the end.
    await expect.poll(async () => (await words(page)).split(" ").length).toBe(4);
    expect(await page.getByRole("button", { name: "Send" }).isVisible()).toBe(false);
    expect(lastChat().abortedAtMs).toBeNull();
    await picture(page, "streaming");
    await stop(page);
    await page.getByText("You stopped it.").waitFor();
    await expect.poll(() => lastChat().abortedAtMs).not.toBeNull();
    expect((await words(page)).split(" ")).toHaveLength(4);
    expect(await page.evaluate(focused)).toBe("chat-text");
  });

  it("keeps what came of an answer that was cut, and says so", async () => {
    const { page } = await open();
    for (const [fault, code] of [
      ["truncated", "truncated"],
      ["reset-mid", "connection_lost"],
      ["bad-sse", "invalid_event"],
      ["error-event-mid", "internal_error"],
    ] as const) {
      const notice = await failedTurn(page, `fault:${fault}`);
      expect(notice).toContain(`The answer was cut off here. ${code}: `);
      expect([fault, (await words(page)).split(" ").length]).toEqual([fault, fault === "bad-sse" ? 2 : 4]);
    }
    await picture(page, "cut");
  });

  it("takes an answer for whole that gives the reason for its end, or [DONE]", async () => {
    const { page } = await open();
    for (const message of ["fault:done-only", "fault:finish-only"]) {
      await ask(page, message);
      await expect.poll(() => page.locator(".turn").last().locator(".facts").count()).toBe(1);
    }
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("says of a failure what it is, and offers to try again", async () => {
    const { page } = await open();
    for (const [fault, expected] of [
      ["rate-limited-1s", /^429 rate_limit_exceeded .*; it asks to wait 1 s Try again$/],
      ["bad-gateway-html", /^502 error Bad Gateway Try again$/],
      ["bad-request", /^400 invalid_request the fake provider .* Try again$/],
      ["reset", /^No answer the app could not be reached Try again$/],
      ["error-event", /^No answer came\. internal_error: the model failed Try again$/],
      ["error-body", /^No answer came\. internal_error: the model failed Try again$/],
    ] as const) {
      expect(await failedTurn(page, `fault:${fault}`)).toMatch(expected);
    }
    await picture(page, "errors");
  });

  it("tries again in place, and sends questions without an answer no second time", async () => {
    const { page } = await open();
    await ask(page, "fault:error-once");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".facts", { hasText: /^answered by / }).waitFor();
    expect(await page.locator(".turn").count()).toBe(1);
    await ask(page, "fault:error");
    await page.getByRole("alert").waitFor();
    await ask(page, "and now?");
    await expect.poll(() => page.locator(".facts").count()).toBe(2);
    const answer = (await page.locator(".words").first().innerText()).trim();
    expect(lastChat().body).toMatchObject({
      messages: [
        { role: "user", content: "fault:error-once" },
        { role: "assistant", content: answer },
        { role: "user", content: "and now?" },
      ],
    });
    await page.getByRole("button", { name: "New chat" }).click();
    expect(await page.locator(".turn").count()).toBe(0);
    expect(await page.evaluate(focused)).toBe("chat-text");
  });

  it("begins with an example, keeps the keyboard's place, and takes it from nowhere else", async () => {
    const { page } = await open();
    await page.getByRole("button", { name: /haiku/ }).press("Enter");
    await page.locator(".facts", { hasText: /^answered by / }).waitFor();
    expect(lastChat().body).toMatchObject({ messages: [{ content: "Write a haiku about a slow network." }] });
    expect(await page.evaluate(focused)).toBe("chat-text");
    await ask(page, "fault:hang-mid");
    // A reader who scrolls on a phone must not get its keyboard in the way when an answer ends.
    await page.evaluate("document.activeElement.blur()");
    await page.keyboard.press("Escape");
    await page.getByText("You stopped it.").waitFor();
    expect(await page.evaluate(focused)).toBe("");
  });

  it("sends the settings when there are any", async () => {
    const { page } = await open();
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByLabel("System prompt").fill("Be brief.");
    await page.getByLabel("Temperature").fill("0.2");
    await picture(page, "settings");
    await ask(page, "hello");
    await page.locator(".facts", { hasText: /^answered by / }).waitFor();
    expect(lastChat().body).toMatchObject({
      temperature: 0.2,
      messages: [{ role: "system", content: "Be brief." }, { role: "user" }],
    });
  });

  it("asks for a key where one is missing, and forgets it with the page", async () => {
    const { page } = await open();
    await ask(page, "with key");
    expect(await page.getByRole("alert").innerText()).toMatch(/401\s+invalid_api_key/);
    await picture(page, "key");
    await page.getByRole("button", { name: "Enter an API key" }).click();
    expect(await page.evaluate(focused)).toBe("api-key");
    await page.keyboard.type(` ${KEY} `);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".facts", { hasText: /^answered by / }).waitFor();
    expect(JSON.stringify(await page.evaluate("[{ ...localStorage }, { ...sessionStorage }, document.cookie]"))).toBe(
      '[{},{},""]',
    );
    await page.reload();
    expect(await page.getByLabel("API key").inputValue()).toBe("");
  });

  it("shows what a model writes as text, never as HTML", async () => {
    const { page, requests } = await open();
    await ask(page, "trick");
    await page.locator(".facts", { hasText: /^answered by / }).waitFor();
    expect(await words(page)).toBe(
      '<img src="/stolen" onerror="document.title=\'stolen\'"> bold code\nconst a = 1;\nend',
    );
    expect(await page.locator(".words img").count()).toBe(0);
    expect(await page.locator(".words pre").innerText()).toBe("const a = 1;");
    expect(requests.filter((url) => url.includes("stolen"))).toEqual([]);
    await picture(page, "rich");
  });
});

describe("the other panes", () => {
  it("finds the nearest sentence", async () => {
    const { page } = await open({ hash: "#embeddings" });
    await page.getByLabel("Compare with").fill("How do I get my money back?\nThe cat slept.\n");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText(/^3 sentences in \d/).waitFor();
    expect(await page.locator(".bars li").first().innerText()).toMatch(/^How do I get my money back\?\s+1\.000$/);
    await picture(page, "embeddings");
    await page.getByLabel("Sentence").fill("fault");
    await page.getByRole("button", { name: "Compare" }).click();
    expect(await page.getByRole("alert").innerText()).toMatch(/^400 \w+/);
  });

  it("shows labels with their scores, and without where there are none", async () => {
    const { page } = await open({ hash: "#classify" });
    await page.getByRole("button", { name: "Classify" }).click();
    expect(await page.locator(".verdict").innerText()).toBe("positive");
    expect(await page.locator(".bars li").allInnerTexts()).toEqual(["positive\n91.0 %", "negative\n9.0 %"]);
    await picture(page, "classify");
    await page.getByLabel("Labels").fill("cat, dog,");
    await page.getByRole("button", { name: "Classify" }).click();
    await expect.poll(() => page.locator(".verdict").innerText()).toBe("cat");
    expect(await page.locator(".bars").count()).toBe(0);
  });

  it("waits for an image, and shows it with its prompt", async () => {
    const { page } = await open({ hash: "#image" });
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByText(/queued … /).waitFor();
    await page.getByRole("img", { name: "A lighthouse on a cliff at dusk, watercolour" }).waitFor();
    await expect.poll(() => page.evaluate("document.images[0].naturalWidth")).toBeGreaterThan(0);
    expect(image.calls).toEqual(["POST", "GET", "GET"]);
    await picture(page, "image");
  });

  it("cancels an image that nobody waits for any more", async () => {
    const { page } = await open({ hash: "#image" });
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByText(/queued … /).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("cancelled").waitFor();
    expect(image.calls).toEqual(["POST", "GET", "DELETE"]);
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("goes from pane to pane by links, and keeps what was typed", async () => {
    const { page } = await open();
    await page.getByLabel("Message").fill("a draft");
    await page.getByRole("link", { name: "Images" }).click();
    await page.getByLabel("Message").waitFor({ state: "hidden" });
    expect(await page.getByRole("link", { name: "Images" }).getAttribute("aria-current")).toBe("page");
    await page.goBack();
    await page.getByLabel("Message").waitFor();
    expect(await page.getByLabel("Message").inputValue()).toBe("a draft");
  });
});

describe("with the functions that an app gets", () => {
  it("streams a chat, stops it at the provider, and shows an image", async () => {
    const slow = await startFakeProvider({ tokenMs: 50, tokens: 1_000, imageQueueMs: 200 });
    onTestFinished(() => slow.close());
    vi.stubEnv("AI_BASE_URL", slow.baseUrl).stubEnv("AI_API_KEY", "fake").stubEnv("AI_MODEL", "main-model");
    vi.stubEnv("FAL_BASE_URL", slow.falUrl).stubEnv("FAL_KEY", "fake");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { url } = await serve({
      "/api/health": health("chat"),
      "/api/chat": (await import("../../templates/app/api/chat.ts")).default.fetch,
      "/api/image": (await import("../../templates/app/api/image.ts")).default.fetch,
    });
    const { page, complaints } = await open({ url });
    await ask(page, "hello");
    await expect.poll(async () => (await words(page)).split(" ").length).toBeGreaterThan(2);
    await page.keyboard.press("Escape");
    await page.locator(".facts", { hasText: /^answered by main/ }).waitFor();
    await expect
      .poll(() => slow.requests.find(({ path }) => path.endsWith("/completions"))?.abortedAtMs)
      .toBeGreaterThan(0);
    await page.getByRole("link", { name: "Images" }).click();
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByRole("img", { name: /lighthouse/ }).waitFor();
    await expect.poll(() => page.evaluate("document.images[0].naturalWidth")).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  });
});

describe("apps that differ", () => {
  it("has no tabs where there is one function", async () => {
    const one = await serve({ "/api/health": health("classify"), "/api/classify": functions["/api/classify"] });
    const { page } = await open({ url: one.url });
    await page.getByRole("button", { name: "Classify" }).waitFor();
    await page.waitForLoadState("networkidle");
    expect([await page.getByRole("navigation").count(), await page.title()]).toEqual([0, "Classify · main-model"]);
  });

  it("says so when health fails, and shows what answers all the same", async () => {
    const { page } = await open({ url: (await serve({ "/api/chat": functions["/api/chat"] })).url });
    await page.getByLabel("Message").waitFor();
    expect(await page.locator("#about").innerText()).toMatch(/api\/health failed \(.+\)/);
  });

  it("says so when there is nothing to try", async () => {
    const { page } = await open({ url: (await serve({})).url });
    await page.getByText("none of the routes").waitFor();
    expect(await page.getByRole("textbox").count()).toBe(0);
  });
});

describe("the theme", () => {
  it("follows the system until one is chosen, which is remembered", async () => {
    const { page } = await open({ colorScheme: "dark" });
    expect(await page.evaluate(isDark)).toBe(true);
    expect(await page.getByRole("radio", { name: "System" }).isChecked()).toBe(true);
    await page.getByRole("radio", { name: "Light" }).check();
    expect(await page.evaluate(isDark)).toBe(false);
    await page.reload();
    expect(await page.evaluate(isDark)).toBe(false);
    expect(await page.getByRole("radio", { name: "Light" }).isChecked()).toBe(true);
    await page.getByRole("radio", { name: "Light" }).press("ArrowLeft");
    expect(await page.evaluate(isDark)).toBe(true);
  });

  it("can be chosen where nothing can be remembered", async () => {
    const { page, complaints } = await open({
      before: "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no storage') } })",
    });
    await page.getByRole("radio", { name: "Dark" }).check();
    expect([await page.evaluate(isDark), complaints]).toEqual([true, []]);
  });
});

it("every pane is whole, readable and well formed in both themes, also on a phone", async () => {
  const { page } = await open();
  const looks = ["light", "dark"].flatMap((colorScheme) => [1_280, 360].map((width) => ({ colorScheme, width })));
  const look = async (name: string): Promise<void> => {
    for (const { colorScheme, width } of looks) {
      await page.emulateMedia({ colorScheme: colorScheme as "light" | "dark" });
      await page.setViewportSize({ width, height: 800 });
      const seen = `${name}-${colorScheme}-${width}`;
      await picture(page, seen);
      expect([seen, await page.evaluate(tooWide), await page.evaluate(hardToRead)]).toEqual([seen, [], []]);
    }
    expect([name, await page.evaluate(malformed), await page.evaluate(nameless)]).toEqual([name, [], []]);
  };
  await page.getByRole("link", { name: "Images" }).waitFor();
  await look("chat-empty");
  for (const message of ["trick", LONG, "fault:truncated", "fault:unauthorized"]) {
    await ask(page, message);
    await page.getByRole("button", { name: "Send" }).waitFor();
  }
  await look("chat");
  await page.getByRole("button", { name: "Settings" }).click();
  await look("settings");
  for (const [tab, button, done] of [
    ["Embeddings", "Compare", ".bars"],
    ["Classify", "Classify", ".verdict"],
    ["Images", "Make it", "figure"],
  ] as const) {
    await page.getByRole("link", { name: tab }).click();
    await page.getByRole("button", { name: button }).click();
    await page.locator(done).filter({ visible: true }).waitFor();
    await look(tab.toLowerCase());
  }
});

it.each([
  ["no-preference", 1],
  ["reduce", 0],
] as const)("of those who wish %s for motion, %i see something move", async (reducedMotion, moving) => {
  const { page } = await open({ reducedMotion });
  await ask(page, "fault:hang");
  await page.getByRole("button", { name: "Stop" }).waitFor();
  expect(await page.evaluate("document.getAnimations().length")).toBe(moving);
});

/** A page of its own, where no request but those to the app is let through. */
async function open(
  options: BrowserContextOptions & { url?: string; hash?: string; before?: string } = {},
): Promise<{ page: Page; requests: string[]; complaints: string[] }> {
  const { url = app.url, hash = "", before, ...contextOptions } = options;
  const context = await browser.newContext(contextOptions);
  onTestFinished(() => context.close());
  if (before !== undefined) await context.addInitScript(before);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const [requests, complaints] = [requestsOf(page), complaintsOf(page)];
  await page.goto(`${url}/${hash}`);
  return { page, requests, complaints };
}

async function serve(chosen: Record<string, Answer>): Promise<TestApp> {
  const served = await serveTestApp(chosen);
  onTestFinished(() => served.close());
  return served;
}

async function ask(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message").fill(message);
  await page.getByLabel("Message").press("Enter");
}

/** Asks, and waits until the page says that it failed; returns what it says. */
async function failedTurn(page: Page, message: string): Promise<string> {
  await ask(page, message);
  const notice = page.locator(".turn", { hasText: message }).getByRole("alert");
  await notice.waitFor();
  return (await notice.innerText()).replaceAll(/\s+/g, " ");
}

/** What the last answer says so far. */
async function words(page: Page): Promise<string> {
  return (await page.locator(".words").last().innerText()).trim();
}

function lastChat(): FakeRequest {
  const request = provider.requests.findLast(({ path }) => path === "/v1/chat/completions");
  if (request === undefined) throw new Error("the provider was not asked");
  return request;
}
