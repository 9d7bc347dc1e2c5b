// The provider that makes answers up: as a command of its own, and inside `dev` for an app that has none.
import { PassThrough } from "node:stream";
import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { devCommand } from "../../src/commands/dev.ts";
import { fakeProviderCommand } from "../../src/commands/fake-provider.ts";
import { Interrupted } from "../../src/errors.ts";
import type { Io } from "../../src/io.ts";
import { makeProject } from "../unit/host/fixture.ts";

interface Running {
  /** The first document or line on stdout. */
  answer: string;
  stderr: () => string;
  /** Sends the signal; the exit code. */
  stop: () => Promise<number>;
}

/** Runs a command in this process until it has answered. */
async function run(command: (io: Io) => Promise<number>): Promise<Running> {
  const interrupt = new AbortController();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let said = "";
  stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const answered = new Promise<string>((resolve) => {
    stdout.setEncoding("utf8").once("data", resolve);
  });
  const io: Io = { stdin: new PassThrough(), stdout, stderr, env: {}, cwd: "/", signal: interrupt.signal };
  const exit = command(io);
  const stop = (): Promise<number> => {
    interrupt.abort(new Interrupted("SIGTERM"));
    return exit;
  };
  onTestFinished(async () => {
    await stop();
  });
  const answer = await Promise.race([
    answered,
    exit.then((code) => Promise.reject(new Error(`exit ${code}: ${said}`))),
  ]);
  return { answer: answer.trim(), stderr: () => said, stop };
}

async function chat(baseUrl: string): Promise<any> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer fake" },
    body: JSON.stringify({ model: "main-model", messages: [{ role: "user", content: "Hello" }] }),
  });
  return response.json();
}

describe("edge-ai fake-provider", () => {
  it("prints its base URL, serves it until a signal, and then no more", async () => {
    const { answer, stderr, stop } = await run((io) =>
      fakeProviderCommand(io, { port: 0, firstToken: 1, token: 1, tokens: 3 }),
    );
    expect(answer).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect(stderr()).toContain(`AI_BASE_URL=${answer}`);
    expect((await chat(answer)).usage.completion_tokens).toBe(3);
    expect(await stop()).toBe(143);
    await expect(chat(answer)).rejects.toThrow("fetch failed");
  });

  it("prints one document with --json", async () => {
    const { answer } = await run((io) => fakeProviderCommand(io, { port: 0, json: true }));
    expect(JSON.parse(answer)).toEqual({
      version: 1,
      baseUrl: expect.stringMatching(/\/v1$/),
      falUrl: expect.stringMatching(/\/fal$/),
    });
  });
});

describe("edge-ai dev", () => {
  const SHOW = `export const GET = () => Response.json(Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(AI|FAL|LOCAL)_/.test(name))));`;

  /** The environment that the functions of such a project see in dev. */
  async function devOf(
    config: object,
    dotenv = "",
    file = "README.md",
  ): Promise<Running & { env: Record<string, string> }> {
    const { projectDir } = await makeProject({ functions: { "api/show": SHOW } });
    const whole = { version: 1, name: "app", model: { id: "m" }, latencyBudgetMs: 1_000, ...config };
    await fs.writeFile(path.join(projectDir, "edge-ai.json"), JSON.stringify(whole));
    await fs.writeFile(path.join(projectDir, ".env.local"), dotenv);
    await fs.mkdir(path.join(projectDir, "api"));
    await fs.writeFile(path.join(projectDir, file), "");
    const running = await run((io) => devCommand(io, { dir: projectDir, port: 0, prebuilt: true }));
    const env = (await (await fetch(`${running.answer}/api/show`)).json()) as Record<string, string>;
    return { ...running, env };
  }

  it("makes answers up for an app that has no provider, says so, and stops with it", async () => {
    // As .env.example is copied: names without values.
    const { env, stderr, stop } = await devOf({ task: "chat", mode: "hybrid" }, "AI_BASE_URL=\nAI_API_KEY=\n");
    expect(env).toMatchObject({ AI_BASE_URL: expect.stringMatching(/\/v1$/), AI_API_KEY: "fake" });
    expect(stderr()).toContain("answers are made up: no AI_BASE_URL is set");
    expect(await chat(env["AI_BASE_URL"] ?? "")).toHaveProperty("choices");
    expect(await stop()).toBe(143);
    await expect(chat(env["AI_BASE_URL"] ?? "")).rejects.toThrow("fetch failed");
  });

  it("makes images up for an app without FAL_KEY", async () => {
    const { env, stderr } = await devOf({ task: "image", mode: "external" }, "AI_API_KEY=for something else\n");
    expect(env).toMatchObject({ FAL_KEY: "fake", FAL_BASE_URL: expect.stringMatching(/\/fal$/) });
    expect(stderr()).toContain("no FAL_KEY is set");
    expect(await (await fetch(env["FAL_JWKS_URL"] ?? "")).json()).toHaveProperty("keys");
  });

  it("takes the place of what is missing, and of nothing else", async () => {
    const chatOnly = await devOf({ task: "chat", mode: "hybrid" }, "FAL_KEY=mine", "api/image.ts");
    expect(chatOnly.env).toMatchObject({ AI_API_KEY: "fake", FAL_KEY: "mine" });
    expect(chatOnly.env).not.toHaveProperty("FAL_BASE_URL");
    const imagesOnly = await devOf({ task: "chat", mode: "local" }, "", "api/image.ts");
    expect(imagesOnly.env).toMatchObject({ FAL_KEY: "fake" });
    expect(imagesOnly.env).not.toHaveProperty("AI_BASE_URL");
  });

  it.each([
    [{ task: "chat", mode: "hybrid" }, "AI_BASE_URL=http://127.0.0.1:9/v1"],
    [{ task: "chat", mode: "external" }, "AI_API_KEY=mine"],
    [{ task: "chat", mode: "hybrid" }, "LOCAL_BASE_URL=http://127.0.0.1:9/v1"],
    [{ task: "image", mode: "external" }, "FAL_KEY=mine"],
    [{ task: "chat", mode: "local" }, ""],
  ])("leaves %j with %j alone", async (config, dotenv) => {
    const { env, stderr } = await devOf(config, dotenv);
    expect(env).toEqual(Object.fromEntries(dotenv === "" ? [] : [dotenv.split("=")]));
    expect(stderr()).not.toContain("made up");
  });
});
