// create-edge-ai 0.1.0
/** Something that answers in OpenAI's wire format: a provider, or a gateway. */
export interface Target {
  /** What `x-ai-target` says. Each has another one. */
  name: string;
  /** Up to and with /v1. */
  baseUrl: string;
  apiKey: string | undefined;
  /** Its name there. */
  model: string;
  headers?: Readonly<Record<string, string>>;
  /** USD per million tokens, for `lib/usage.ts`; leave it out when it is not known. */
  price?: { input: number; output: number };
  /** False for a server that refuses `stream_options`: its streams then do not say how many tokens they have. */
  streamUsage?: boolean;
}

/** Where the main model is, unless AI_BASE_URL names a gateway or another provider. Without a key there is nobody to ask. */
const PROVIDER = "https://api.openai.com/v1";
const mainUrl = process.env.AI_BASE_URL || (process.env.AI_API_KEY && PROVIDER);

/** In the order in which they are tried: the best first, then a smaller one there, then another provider. */
export const targets: readonly Target[] = [
  { name: "main", baseUrl: mainUrl, apiKey: process.env.AI_API_KEY, model: process.env.AI_MODEL || "main-model" },
  {
    name: "smaller",
    baseUrl: process.env.AI_SMALLER_MODEL && mainUrl,
    apiKey: process.env.AI_API_KEY,
    model: process.env.AI_SMALLER_MODEL,
  },
  {
    name: "fallback",
    baseUrl: process.env.AI_FALLBACK_BASE_URL,
    apiKey: process.env.AI_FALLBACK_API_KEY,
    model: process.env.AI_FALLBACK_MODEL,
  },
].filter(isSet);

function isSet(target: { [Key in keyof Target]: Target[Key] | undefined }): target is Target {
  return Boolean(target.baseUrl) && Boolean(target.model);
}
