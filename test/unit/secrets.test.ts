import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { commandSecrets } from "../../src/command-secrets.ts";
import { guardIo } from "../../src/guarded-io.ts";
import { redact, redactAnswer, Redactor, secretValues } from "../../src/secrets.ts";
import { tempDir, writeTree } from "../temp.ts";

const SECRET = "Zk8q-Vw2/x+T=a9";

describe("secretValues", () => {
  it.each([
    ["VERCEL_TOKEN"],
    ["VERCEL_AUTOMATION_BYPASS_SECRET"],
    ["OPENAI_API_KEY"],
    ["apiKey"],
    ["STRIPE_APIKEY"],
    ["PGPASSWORD"],
    ["DB_PASS"],
    ["AWS_CREDENTIALS"],
    ["SIGNING_PRIVATE"],
    ["NPM_AUTH"],
    ["npm_config_//registry.npmjs.org/:_authToken"],
    ["SENTRY_DSN"],
    ["x-vercel-protection-bypass"],
    ["authorization"],
    ["cookie"],
  ])("%s is the name of a secret", (name) => {
    expect(secretValues({ [name]: SECRET })).toEqual([SECRET]);
  });

  it.each([
    ["PATH", "/usr/local/bin:/usr/bin"],
    ["PWD", "/home/me/project"],
    ["SSH_AUTH_SOCK", "/tmp/ssh-abc123/agent.77"],
    ["AUTH_URL", "https://login.example.com"],
    ["TOKENIZERS_PARALLELISM", "somewhere"],
    ["KEYBOARD_LAYOUT", "en_US-dvorak"],
    ["GREETING", SECRET],
    ["API_KEY", "true"],
    ["API_KEY", "1234567"],
    ["AUTH_MODE", "production"],
    ["API_KEY", undefined],
  ])("%s=%s holds none", (name, value) => {
    expect(secretValues({ [name]: value })).toEqual([]);
  });

  it("takes the password of any URL, as it is written and as it is meant", () => {
    const url = "postgres://user:p%40ss-w0rd9@db.example.com/app";
    expect(secretValues({ DATABASE_URL: url })).toEqual(["p%40ss-w0rd9", "p@ss-w0rd9"]);
    expect(secretValues({ A_URL: "https://user@example.com", NOT_URL: "a://b:c%zz-long-one@d" })).toEqual([
      "c%zz-long-one",
    ]);
  });

  it("takes a token with and without its scheme, and a key line by line", () => {
    expect(secretValues({ authorization: `Bearer ${SECRET}` })).toEqual([`Bearer ${SECRET}`, SECRET]);
    const basic = Buffer.from("user:a-password").toString("base64");
    expect(secretValues({ authorization: `Basic ${basic}` })).toEqual([`Basic ${basic}`, basic, "a-password"]);
    const pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\r\nhkiG9w0BAQ\n-----END PRIVATE KEY-----\n";
    expect(secretValues({ SIGNING_KEY: pem })).toEqual(["MIIEvQIBADANBgkq", "hkiG9w0BAQ"]);
  });

  it("gives the longest first, and each once", () => {
    expect(secretValues({ A_KEY: "abcdefgh", B_KEY: "abcdefghij", C_KEY: "abcdefgh" })).toEqual([
      "abcdefghij",
      "abcdefgh",
    ]);
  });
});

const AWKWARD = `q"\\8 ü%&/?${SECRET}\\`;
const base64 = (value: string): string => Buffer.from(value).toString("base64");

describe("redact", () => {
  it.each([
    ["as it is", AWKWARD],
    ["in JSON", JSON.stringify(AWKWARD).slice(1, -1)],
    ["in JSON in JSON", JSON.stringify(JSON.stringify(AWKWARD)).slice(3, -3)],
    ["in an object that is shown", inspect({ AWKWARD }).slice(12, -3)],
    ["in a URL", encodeURIComponent(AWKWARD)],
    ["in a URL, lower case", encodeURIComponent(AWKWARD).replaceAll(/%../g, (escape) => escape.toLowerCase())],
    ["in a form", new URLSearchParams({ a: AWKWARD }).toString().slice(2)],
    ["in base64", base64(AWKWARD)],
    ["in base64url", Buffer.from(AWKWARD).toString("base64url")],
  ])("a secret %s", (_what, form) => {
    expect(redact(`<${form}>`, [AWKWARD])).toMatch(/^<\[secret\]=*>$/);
  });

  it.each(["", "u", "me", "user"])("in base64 after %j, as Basic sends it", (user) => {
    const before = Math.ceil(((user.length + 1) * 8) / 6);
    const shown = redact(`sent ${base64(`${user}:${SECRET}`)} so`, [SECRET]);
    expect(shown).toMatch(new RegExp(String.raw`^sent [\w+/]{0,${before}}\[secret\][\w+/]?={0,2} so$`));
  });

  it("the longer one first", () => {
    expect(redact("abcdefghij abcdefgh", secretValues({ A_KEY: "abcdefgh", B_KEY: "abcdefghij" }))).toBe(
      "[secret] [secret]",
    );
  });

  it.each([
    ["authorization: Bearer abcdefghijklmnop1.x-y_z", "authorization: Bearer [secret]"],
    ["authorization: Basic dXNlcjpodW50ZXIyMDA=", "authorization: Basic [secret]"],
    ["vercel deploy --token abcdefghijklmnopqrst1234 --yes", "vercel deploy --token [secret] --yes"],
    ["vercel --token=abcdefghijklmnopqrst1234", "vercel --token=[secret]"],
    ['"postgres://user:hunter2@host/db"', '"postgres://user:[secret]@host/db"'],
  ])("a shape that tells: %s", (said, shown) => {
    expect(redact(said, [])).toBe(shown);
  });

  it.each([
    "Bearer authentication is on",
    "Basic accessibility2 for all",
    "give it as --token <token>, or set VERCEL_TOKEN",
    "http://127.0.0.1:4100/@scope/a:b@c",
    "https://user@example.com:443/x",
    "git@github.com:me/app.git",
    "authorization: Bearer …",
    "error: file:///app/api/a.js:3:1",
  ])("nothing of %s", (said) => {
    expect(redact(said, [])).toBe(said);
  });
});

describe("redactAnswer", () => {
  it.each([
    ["a secret in a string", "abcdefgh", { a: "it is abcdefgh" }, { a: "it is [secret]" }],
    ["a secret as a key", "abcdefgh", { abcdefgh: [1] }, { "[secret]": [1] }],
    ["a secret with quotes", 'ab"cd\\ef"', { a: 'ab"cd\\ef"' }, { a: "[secret]" }],
    [
      "digits, which are a number too",
      "12345678",
      { bytes: 12_345_678, a: "12345678" },
      { bytes: 12_345_678, a: "[secret]" },
    ],
    ["one that seems to begin in an escape", "nabcdefgh", { a: "\nabcdefgh" }, { a: "\nabcdefgh" }],
    ["one that seems to end in an escape", "abcdefgh\\", { a: 'abcdefgh"' }, { a: 'abcdefgh"' }],
    ["a document that is a list", "abcdefgh", [null, true, "abcdefgh"], [null, true, "[secret]"]],
  ])("%s", (_what, secret, said, shown) => {
    expect(redactAnswer(`${JSON.stringify(said, null, 2)}\n`, [secret])).toBe(`${JSON.stringify(shown, null, 2)}\n`);
  });

  it("a text is a text, and one of digits is no document", () => {
    expect(redactAnswer("it is 12345678\n", ["12345678"])).toBe("it is [secret]\n");
    expect(redactAnswer("12345678\n", ["12345678"])).toBe("[secret]\n");
  });
});

describe("Redactor", () => {
  const secrets = secretValues({ A_KEY: SECRET, B_KEY: `${SECRET}-and-more`, C_KEY: `x${SECRET.slice(0, 9)}` });
  const said = `a ${SECRET}-and-more, ${SECRET}. x${SECRET.slice(0, 9)}, Zk8q and ${encodeURIComponent(SECRET)}!`;

  it("finds what is cut anywhere, and loses nothing", () => {
    const whole = redact(said, secrets);
    for (let first = 0; first <= said.length; first++) {
      for (let second = first; second <= said.length; second += 3) {
        const redactor = new Redactor();
        const pieces = [said.slice(0, first), said.slice(first, second), said.slice(second)];
        const shown = pieces.map((piece) => redactor.write(piece, secrets)).join("") + redactor.end(secrets);
        expect(shown, inspect(pieces)).toBe(whole);
      }
    }
  });

  it("does not keep a line waiting, nor what cannot be the beginning of a secret", () => {
    const redactor = new Redactor();
    expect(redactor.write("a line Zk8q\n", secrets)).toBe("a line Zk8q\n");
    expect(redactor.write("? ", secrets)).toBe("? ");
    expect(redactor.write("Zk8", secrets)).toBe("");
    expect(redactor.end(secrets)).toBe("Zk8");
    expect(new Redactor().write("anything", [])).toBe("anything");
  });
});

describe("commandSecrets", () => {
  it("takes those of the project's .env.local, or of the file that is named, and of headers", async () => {
    const cwd = await tempDir();
    await writeTree(cwd, {
      ".env.local": "A_KEY=from-the-project\nGREETING=good-morning\n",
      "app/.env.local": "A_KEY='from-the-folder'\n",
      "other.env": "A_KEY=from-another-file\n",
    });
    expect(await commandSecrets({ cwd })).toEqual(["from-the-project"]);
    expect(await commandSecrets({ cwd, dir: "app" })).toEqual(["from-the-folder"]);
    expect(await commandSecrets({ cwd, dir: "app", dotenv: "other.env" })).toEqual(["from-another-file"]);
    expect(await commandSecrets({ cwd, dir: "gone", dotenv: "app" })).toEqual([]);
    const header = ["x-api-key: a:b:c-and-more", "x-api-key:another-one", "accept: application/json", "none"];
    expect(await commandSecrets({ cwd, dir: "gone", header })).toEqual(["a:b:c-and-more", "another-one"]);
  });
});

describe("guardIo", () => {
  it("hides on both streams what the environment and the command have told, and is the stream in all else", async () => {
    const [stdout, stderr] = [Object.assign(new PassThrough(), { isTTY: true }), new PassThrough()];
    const env = { A_KEY: SECRET };
    const guarded = guardIo({
      stdin: new PassThrough(),
      stdout,
      stderr,
      env,
      cwd: "/",
      signal: new AbortController().signal,
    });
    const { io } = guarded;
    expect([io.stdout.isTTY, io.stderr.isTTY, io.env]).toEqual([true, undefined, env]);
    guarded.learn(["told-later"]);
    let written = 0;
    io.stdout.write(`${SECRET} told-later\n`, () => (written += 1));
    io.stderr.write(`${SECRET} told-`);
    io.stderr.write(Buffer.from("later, told-"));
    guarded.flush();
    io.stderr.once("error", () => (written += 1)).emit("error", new Error("EPIPE"));
    stdout.end();
    stderr.end();
    expect(await Promise.all([text(stdout), text(stderr)])).toEqual([
      "[secret] [secret]\n",
      "[secret] [secret], told-",
    ]);
    expect(written).toBe(2);
  });
});
