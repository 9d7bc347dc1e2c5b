// create-edge-ai 0.1.0
/** Something that answers in OpenAI's wire format: a provider, a gateway, vLLM, TGI, Ollama, llama.cpp. */
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

/**
 * In the order in which they are tried: the best first, then a smaller one, then one of your own. On a platform,
 * `localhost` is the function itself: LOCAL_BASE_URL has to be a URL that it can reach.
 */
export const targets: readonly Target[] = [
  {
    name: "main",
    baseUrl: process.env.AI_BASE_URL,
    apiKey: process.env.AI_API_KEY,
    model: process.env.AI_MODEL || "main-model",
  },
  {
    name: "smaller",
    baseUrl: process.env.AI_SMALLER_MODEL && process.env.AI_BASE_URL,
    apiKey: process.env.AI_API_KEY,
    model: process.env.AI_SMALLER_MODEL,
  },
  {
    name: "local",
    baseUrl: process.env.LOCAL_BASE_URL,
    apiKey: process.env.LOCAL_API_KEY,
    model: process.env.LOCAL_MODEL || "local-model",
  },
].filter(isSet);

function isSet(target: { [Key in keyof Target]: Target[Key] | undefined }): target is Target {
  return Boolean(target.baseUrl) && Boolean(target.model);
}
