import { vi } from "vitest";

/** A function of an app, as a new instance has it: nothing in its memory. */
export interface Loaded {
  /** Sends a body to it, as POST. */
  post(body: unknown, init?: RequestInit): Promise<Response>;
  get(query: string, headers?: Record<string, string>): Promise<Response>;
  fetch(request: Request): Promise<Response>;
}

/** What the functions read: a test sees no value of the machine it runs on. */
const SETTINGS = [
  "AI_BASE_URL",
  "AI_API_KEY",
  "AI_MODEL",
  "AI_SMALLER_MODEL",
  "LOCAL_BASE_URL",
  "LOCAL_API_KEY",
  "LOCAL_MODEL",
  "AI_FALLBACK_BASE_URL",
  "AI_FALLBACK_API_KEY",
  "AI_FALLBACK_MODEL",
  "AI_FIRST_CONTENT_MS",
  "AI_ANSWER_MS",
  "AI_IDLE_MS",
  "AI_TOTAL_MS",
  "APP_API_KEYS",
  "CRON_SECRET",
  "FAL_JWKS_URL",
  "VERCEL_ENV",
];

/** Loads `api/<name>.ts` and all it imports anew, with this environment. Instances loaded before keep theirs. */
export async function loadRoute(name: string, env: Record<string, string> = {}): Promise<Loaded> {
  const route = await withNewModules(env, () => importApi(name));
  const url = `http://app.test/api/${name}`;
  return {
    post: async (body, init) => route.fetch(new Request(url, { method: "POST", body: JSON.stringify(body), ...init })),
    get: async (query, headers = {}) => route.fetch(new Request(`${url}${query}`, { headers })),
    fetch: async (request) => route.fetch(request),
  };
}

/** Loads modules of `lib/` anew, of one instance. */
export async function loadLib(
  names: readonly string[],
  env: Record<string, string> = {},
): Promise<Record<string, any>> {
  return withNewModules(env, async () => {
    return Object.assign({}, ...(await Promise.all(names.map(importLib))));
  });
}

// By a path that is not known before: the template has a tsconfig of its own.
async function importApi(file: string): Promise<{ fetch: Loaded["fetch"] }> {
  return (await import(`../../../../templates/app/api/${file}.ts`)).default;
}
async function importLib(file: string): Promise<object> {
  return import(`../../../../templates/app/lib/${file}.ts`);
}

async function withNewModules<T>(env: Record<string, string>, load: () => Promise<T>): Promise<T> {
  vi.resetModules();
  for (const name of SETTINGS) vi.stubEnv(name, env[name]);
  for (const name of Object.keys(env))
    if (!SETTINGS.includes(name)) throw new Error(`${name} is not among the settings`);
  try {
    return await load();
  } finally {
    vi.unstubAllEnvs();
  }
}

/** A chat that asks for a stream, or not. */
export function chat(text: string, more: object = {}): object {
  return { messages: [{ role: "user", content: text }], ...more };
}

/** What a caller has seen of an answer. */
export interface Seen {
  status: number;
  headers: Headers;
  /** The text, of a stream or of a document. */
  content: string;
  /** Of an error document, or of the event that a stream ended with. */
  code: string | null;
  retryAfter: string | null;
  /** How it ended. */
  end: "document" | "done" | "error event" | "cut";
  text: string;
}

/** Reads an answer to its end, as a client would. */
export async function see(answer: Response | Promise<Response>): Promise<Seen> {
  const response = await answer;
  const text = await response.text();
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const data = isStream
    ? text
        .split("\n\n")
        .filter((event) => event.startsWith("data: "))
        .map((event) => event.slice(6))
    : [text];
  const documents = data.filter((each) => each !== "[DONE]").map((each) => JSON.parse(each));
  const content = documents
    .flatMap((document) => document.choices ?? [])
    .map((choice) => (choice.delta ?? choice.message).content ?? "")
    .join("");
  const code = documents.findLast((document) => "error" in document)?.error.code ?? null;
  const end = !isStream ? "document" : data.at(-1) === "[DONE]" ? "done" : code === null ? "cut" : "error event";
  const { status, headers } = response;
  return { status, headers, content, code, retryAfter: headers.get("retry-after"), end, text };
}
