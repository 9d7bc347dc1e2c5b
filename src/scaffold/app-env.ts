import { modes, type Mode } from "../config/words.ts";
import { providerOf } from "../data/providers.ts";

/** A variable that functions read: what .env.example says about it, and where it has to be set. */
interface AppVariable {
  name: string;
  text: string;
  /** It has to be set in these modes, where there is something that needs it. */
  requiredIn: readonly Mode[];
  neededFor?: Need;
  /** What is said instead where a provider has an address or keys of its own kind. */
  textFor?: (model: string) => string | null;
  /** What it is when it is not set, where that is worth showing. */
  example?: string;
}

/** What an app can have that needs variables: functions that ask a model elsewhere, one whose provider its name does not tell, images, the option `auth`. */
export type Need = "models" | "endpoint" | "images" | "auth";

/** In the order of .env.example. A test compares it with what the functions read. */
const variables: readonly AppVariable[] = [
  {
    name: "AI_BASE_URL",
    text: "Where the model is, up to and with /v1: vLLM, TGI, Ollama, a Hugging Face endpoint, a provider or gateway.",
    requiredIn: ["hybrid", "external"],
    neededFor: "endpoint",
    textFor: (model) => {
      const host = providerOf(model);
      return host?.address === undefined ? null : `Where the model is: ${host.name}, ${host.address.pattern}`;
    },
    example: "https://ai-gateway.vercel.sh/v1",
  },
  {
    name: "AI_API_KEY",
    text: "Its key.",
    textFor: (model) => providerOf(model)?.address?.key ?? null,
    requiredIn: ["external"],
    neededFor: "models",
  },
  { name: "AI_MODEL", text: "The model's name there, when it is not the one in lib/targets.ts.", requiredIn: [] },
  { name: "AI_SMALLER_MODEL", text: "A smaller model there, asked when the first one fails.", requiredIn: [] },
  { name: "AI_FALLBACK_BASE_URL", text: "Another provider, asked when the first one fails.", requiredIn: [] },
  { name: "AI_FALLBACK_API_KEY", text: "Its key.", requiredIn: [] },
  { name: "AI_FALLBACK_MODEL", text: "The model's name there.", requiredIn: [] },
  {
    name: "LOCAL_BASE_URL",
    text: "A model of your own, asked last: Ollama or llama.cpp, at a URL that the functions can reach.",
    requiredIn: [],
  },
  { name: "LOCAL_API_KEY", text: "Its key.", requiredIn: [] },
  { name: "LOCAL_MODEL", text: "The model's name there.", requiredIn: [] },
  {
    name: "FAL_KEY",
    text: "Key of fal.ai, which makes the images.",
    requiredIn: ["hybrid", "external"],
    neededFor: "images",
  },
  { name: "FAL_BASE_URL", text: "Another address for fal's queue.", requiredIn: [], example: "https://queue.fal.run" },
  {
    name: "APP_API_KEYS",
    text: "Keys of those who may call the functions, separated by commas: with the option auth, in production nobody gets in without one.",
    requiredIn: modes,
    neededFor: "auth",
  },
  {
    name: "CRON_SECRET",
    text: "Vercel sends it with cron requests; /api/prefetch asks for it when it is set.",
    requiredIn: [],
  },
  { name: "KV_REST_API_URL", text: "Redis over the Upstash REST protocol, shared by all instances.", requiredIn: [] },
  { name: "KV_REST_API_TOKEN", text: "Its token.", requiredIn: [] },
  { name: "UPSTASH_REDIS_REST_URL", text: "The same, by Upstash's own name.", requiredIn: [] },
  { name: "UPSTASH_REDIS_REST_TOKEN", text: "Its token.", requiredIn: [] },
  {
    name: "AI_FIRST_CONTENT_MS",
    text: "From arrival to the first content, in ms; for classification, to the whole answer.",
    requiredIn: [],
    example: "10000",
  },
  {
    name: "AI_ANSWER_MS",
    text: "From arrival to an answer of chat that is not streamed, in ms.",
    requiredIn: [],
    example: "60000",
  },
  { name: "AI_IDLE_MS", text: "Longest pause between two pieces of content, in ms.", requiredIn: [], example: "15000" },
  { name: "AI_TOTAL_MS", text: "Longest stream, in ms.", requiredIn: [], example: "290000" },
  { name: "LLAMA_CONTEXT_TOKENS", text: "Tokens of prompt and answer together; memory grows with it.", requiredIn: [] },
  { name: "LLAMA_SEQUENCES", text: "Answers that are written at once in one instance.", requiredIn: [] },
  { name: "LLAMA_THREADS", text: "Threads that compute: as many as the function has vCPUs.", requiredIn: [] },
  { name: "LLAMA_MAX_WAITING", text: "Requests that may wait for their turn.", requiredIn: [] },
  { name: "LLAMA_MAX_WAIT_MS", text: "Longest wait, in ms.", requiredIn: [] },
  { name: "IMAGE_SUBMIT_MS", text: "Longest time in which fal has to take a job, in ms.", requiredIn: [] },
  { name: "IMAGE_WAIT_MS", text: "Longest time for which a caller may wait for an image, in ms.", requiredIn: [] },
  {
    name: "FAL_WEBHOOK_URL",
    text: "Where fal says that a job is done: https://<your domain>/api/image-webhook.",
    requiredIn: [],
  },
  { name: "FAL_JWKS_URL", text: "Another address for the keys that fal signs with.", requiredIn: [] },
  { name: "RATE_LIMIT_PER_MINUTE", text: "Requests of one caller in a minute.", requiredIn: [] },
  { name: "RATE_LIMIT_BURST", text: "Requests of one caller at once.", requiredIn: [] },
  {
    name: "RATE_LIMIT_FAIL_CLOSED",
    text: "1: refuse when Redis does not answer, instead of counting in each instance.",
    requiredIn: [],
  },
  { name: "CACHE_TTL_S", text: "How long an answer is kept, in seconds.", requiredIn: [] },
  { name: "QUEUE_MAX_IN_FLIGHT", text: "Requests at once in one instance.", requiredIn: [] },
  { name: "QUEUE_MAX_WAITING", text: "Requests that may wait for their turn.", requiredIn: [] },
  { name: "QUEUE_MAX_WAIT_MS", text: "Longest wait, in ms.", requiredIn: [] },
  { name: "REDIS_TIMEOUT_MS", text: "Longest that a request waits for Redis, in ms.", requiredIn: [] },
  {
    name: "EDGE_AI_ENV",
    text: "development: not production on Workers. For `wrangler dev`, in .dev.vars.",
    requiredIn: [],
  },
  {
    name: "VERCEL_AUTOMATION_BYPASS_SECRET",
    text: "Lets a health check and the functions' own calls through Vercel's deployment protection.",
    requiredIn: [],
  },
];

const HEAD =
  "# Environment of the functions on this machine: copy to .env.local. On Vercel, set them in the project's settings.";
/** For apps that run there too. */
const ON_WORKERS = "# To Cloudflare `edge-ai deploy` sends the values of .env.local, as secrets of the version.";
const NOTHING = "# Nothing is needed: the model runs inside the function.";

/** What decides which variables have to be set. */
interface App {
  mode: Mode;
  needs: readonly Need[];
  /** As its provider calls it. */
  model?: string;
}

/**
 * The text of .env.example for functions that read these variables. A variable that has to be set is `NAME=`, any other `# NAME=`.
 * @throws Error when one of them is not described here (a bug)
 */
export function envExample(names: readonly string[], app: App): string {
  const unknown = names.filter((name) => !variables.some((variable) => variable.name === name));
  if (unknown.length > 0) throw new Error(`no description of ${unknown.join(", ")}`);
  const read = variables.filter(({ name }) => names.includes(name));
  const needed = read.some((variable) => isRequired(variable, app));
  const head = app.mode === "local" ? [HEAD] : [HEAD, ON_WORKERS];
  return [...head, ...(needed ? [] : [NOTHING]), ...read.map((variable) => lines(variable, app)), ""].join("\n");
}

/** An .env.example with what functions read and it does not name yet, or names as something that may be left out and now may not. */
export function envLines(
  before: string,
  names: readonly string[],
  app: App,
): { text: string; added: string[]; required: string[] } {
  let text = before === "" ? HEAD : before.trimEnd();
  if (variables.some((variable) => names.includes(variable.name) && isRequired(variable, app))) {
    text = text.replace(`${NOTHING}\n`, "");
  }
  const added: string[] = [];
  for (const variable of variables.filter(({ name }) => names.includes(name))) {
    const { name } = variable;
    const [, comment] = new RegExp(`^[ \\t]*(#[ \\t]*)?(?:export[ \\t]+)?${name}=`, "m").exec(text) ?? [null, null];
    if (comment === undefined || (comment !== null && !isRequired(variable, app))) continue;
    added.push(name);
    if (comment === null) text += `\n${lines(variable, app)}`;
    else text = text.replace(new RegExp(`^[ \\t]*#[ \\t]*(?=${name}=)`, "m"), "");
  }
  const needed = variables.filter((variable) => added.includes(variable.name) && isRequired(variable, app));
  return { text: `${text}\n`, added, required: needed.map(({ name }) => name) };
}

function isRequired({ requiredIn, neededFor }: AppVariable, { mode, needs }: App): boolean {
  return requiredIn.includes(mode) && neededFor !== undefined && needs.includes(neededFor);
}

function lines(variable: AppVariable, app: App): string {
  const { name, textFor, example = "" } = variable;
  const text = (app.model === undefined ? null : textFor?.(app.model)) ?? variable.text;
  return `\n# ${text}\n${isRequired(variable, app) ? `${name}=` : `# ${name}=${example}`}`;
}

/** The variables that .env.example describes. */
export function describedVariables(): string[] {
  return variables.map(({ name }) => name);
}
