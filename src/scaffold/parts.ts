import type { Probe } from "../config/schema.ts";
import type { Mode, Task } from "../config/words.ts";
import { providerOf } from "../data/providers.ts";
import type { Need } from "./app-env.ts";

/** A function below api/, and what belongs to it. */
export interface Route {
  /** Path of the file in the app. */
  file: string;
  maxDurationSeconds: number;
  /** The path under which OpenAI's clients look for it. */
  openAiPath?: string;
  probe?: Pick<Probe, "name" | "path" | "method" | "expect"> & { body: NonNullable<Probe["body"]> };
}

const JSON_TYPE = "application/json";

/** The functions an app can have. Durations: Vercel's limit is 300 s for Hobby, 800 s for Pro (vercel.com/docs, 2026-06-19). */
export const routes = {
  health: { file: "api/health.ts", maxDurationSeconds: 60 },
  prefetch: { file: "api/prefetch.ts", maxDurationSeconds: 60 },
  batch: { file: "api/batch.ts", maxDurationSeconds: 300 },
  embeddings: {
    file: "api/embeddings.ts",
    maxDurationSeconds: 30,
    openAiPath: "/v1/embeddings",
    probe: {
      name: "embed",
      path: "/api/embeddings",
      method: "POST",
      body: { input: "sentence number {{n}}" },
      expect: { status: 200, json: { data: [{ embedding: "array" }] } },
    },
  },
  classify: {
    file: "api/classify.ts",
    maxDurationSeconds: 60,
    probe: {
      name: "classify",
      path: "/api/classify",
      method: "POST",
      body: { input: "Order {{n}} came early and works well." },
      expect: { status: 200, json: { data: [{ label: "string" }] } },
    },
  },
  chat: {
    file: "api/chat.ts",
    maxDurationSeconds: 300,
    openAiPath: "/v1/chat/completions",
    probe: {
      name: "chat",
      path: "/api/chat",
      method: "POST",
      body: {
        stream: true,
        max_tokens: 32,
        messages: [{ role: "user", content: "Answer with one word: is {{n}} even or odd?" }],
      },
      expect: { status: 200, contentType: "text/event-stream" },
    },
  },
  image: {
    file: "api/image.ts",
    maxDurationSeconds: 60,
    openAiPath: "/v1/images/generations",
    probe: {
      name: "image",
      path: "/api/image",
      method: "POST",
      body: { prompt: "a milestone with the number {{n}}" },
      expect: { status: 202, contentType: JSON_TYPE, json: { id: "string" } },
    },
  },
  "image-webhook": { file: "api/image-webhook.ts", maxDurationSeconds: 60 },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** What can stand before a model, in the order in which a request passes: name → what its file in lib/ exports. */
const options = {
  usage: "usage",
  auth: "auth",
  limits: "limits",
  "rate-limit": "rateLimit",
  cache: "cache",
  queue: "queue",
  batching: "batching",
} as const;

export type OptionName = keyof typeof options;

/** What `edge-ai add` takes: the functions that a user would ask for, a platform, and the options. */
export const addable = [
  "chat",
  "image",
  "embeddings",
  "classify",
  "batch",
  "prefetch",
  "cloudflare",
  ...optionNames(),
] as const;

export type Addable = (typeof addable)[number];

/** True for an option; false for a function, and for Cloudflare. */
export function isOption(part: Addable | RouteName): part is OptionName {
  return Object.hasOwn(options, part);
}

/** All options, in the order in which a request passes them. */
export function optionNames(): OptionName[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table's own keys
  return Object.keys(options) as OptionName[];
}

/** The functions that an app begins with. */
export function firstRoutes(task: Task): RouteName[] {
  const helpers: RouteName[] = ["health", "prefetch"];
  if (task === "image") return ["image", "image-webhook", ...helpers];
  return [task, ...(task === "chat" ? [] : ["batch" as const]), ...helpers];
}

/** The options that an app begins with: what costs money is not open to everybody. */
export function firstOptions(mode: Mode): OptionName[] {
  return mode === "local" ? [] : ["usage", "auth", "limits"];
}

/** What functions and options need of the environment. */
export function needsOf(chosen: readonly RouteName[], on: readonly OptionName[], model: string): Need[] {
  const asksModels = chosen.some((name) => name === "chat" || name === "embeddings" || name === "classify");
  return [
    ...(asksModels ? ["models" as const] : []),
    ...(asksModels && (providerOf(model)?.baseUrl ?? null) === null ? ["endpoint" as const] : []),
    ...(chosen.includes("image") ? ["images" as const] : []),
    ...(on.includes("auth") ? ["auth" as const] : []),
  ];
}

/** The text of public/panes.js: what the page offers to try. */
export function panesFile(tasks: readonly Task[]): string {
  return [
    ...tasks.toSorted().map((task) => `import { ${task}Pane } from "./panes/${task}.js";`),
    "",
    "/** What can be tried here. `edge-ai add` writes this list; a pane of your own is a file like those in panes/. */",
    `export const panes = [${tasks.map((task) => `${task}Pane`).join(", ")}];`,
    "",
  ].join("\n");
}

/** The modes that there are functions for. Image models are too large for a function, and few hosts speak one protocol for them. */
export const modesOf: Readonly<Record<Task, readonly Mode[]>> = {
  embeddings: ["local", "hybrid", "external"],
  classify: ["local", "hybrid", "external"],
  chat: ["local", "hybrid", "external"],
  image: ["external"],
};

/** The text of lib/options.ts for these options. */
export function optionsFile(version: string, chosen: readonly OptionName[]): string {
  const ordered = optionNames().filter((name) => chosen.includes(name));
  return [
    `// create-edge-ai ${version}`,
    ...ordered.toSorted().map((name) => `import { ${options[name]} } from "./${name}.ts";`),
    'import type { Option } from "./call.ts";',
    "",
    "/** What a request passes on its way to the model, the first one outermost. `edge-ai add` writes this list. */",
    `export const options: readonly Option[] = [${ordered.map((name) => options[name]).join(", ")}];`,
    "",
  ].join("\n");
}

/** How a list that somebody has written gets an option: the line to import it, and where it belongs. */
export function optionByHand(name: OptionName): string {
  const names = optionNames();
  const before = names.slice(0, names.indexOf(name)).map((each) => options[each]);
  const place = before.length === 0 ? "first" : `after ${before.join(", ")}`;
  return `in lib/options.ts: import { ${options[name]} } from "./${name}.ts", and put ${options[name]} into the list, ${place}`;
}

/** The options that a lib/options.ts switches on: those in its list, whatever it imports. */
export function optionsIn(text: string): OptionName[] {
  const [, list = ""] = /export const options\b[^=]*=\s*\[([^\]]*)\]/.exec(text) ?? [];
  const names = new Set(list.split(",").map((name) => name.trim()));
  return optionNames().filter((name) => names.has(options[name]));
}
