/** Providers whose models have names of their own. */
export interface Provider {
  name: string;
  /** Where it speaks OpenAI's wire format, up to and with /v1; null: the address has something of yours in it. */
  baseUrl: string | null;
  /** The address where `baseUrl` is null, with what is yours in angle brackets; and where to find that, and a key. */
  address?: { pattern: string; key: string };
  models: RegExp;
  /** True: it runs open models under names of its own, so that their size may be known. */
  hostsOpenModels?: true;
  source: string;
  checkedAt: string;
}

/**
 * Workers AI is asked over HTTP, from a Worker too: its binding (`env.AI`) has no stand-in on this machine without a token, and the
 * same code has to run on Vercel.
 */
export const workersAi = {
  name: "Cloudflare Workers AI",
  baseUrl: null,
  address: {
    pattern: "https://api.cloudflare.com/client/v4/accounts/<account id>/ai/v1",
    key: "An API token of Cloudflare with the permission Workers AI (`wrangler whoami` says the account id).",
  },
  models: /^@cf\//,
  hostsOpenModels: true,
  source: "https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility",
  checkedAt: "2026-11-23",
} as const satisfies Provider;

/** What Workers AI calls the models that an app begins with when nobody names one (the list of its prices, 2026-09-23). */
export const workersAiDefaults = {
  embeddings: "@cf/baai/bge-small-en-v1.5",
  classify: "@cf/meta/llama-3.1-8b-instruct-fp8-fast",
  chat: "@cf/meta/llama-3.1-8b-instruct-fp8-fast",
} as const;

/** A gateway, or a host of open weights, is named by AI_BASE_URL instead: the name of a model does not tell which. */
const providers: readonly Provider[] = [
  {
    name: "OpenAI",
    baseUrl: "https://api.openai.com/v1",
    models: /^(?:gpt-|chatgpt-|o\d|text-embedding-)/,
    source: "platform.openai.com/docs/models, from memory",
    checkedAt: "2026-11-23",
  },
  {
    name: "Anthropic",
    baseUrl: "https://api.anthropic.com/v1",
    models: /^claude-/,
    source: "docs.anthropic.com, OpenAI SDK compatibility, from memory",
    checkedAt: "2026-11-23",
  },
  workersAi,
];

/** The provider that a model's name belongs to; null when the name does not say. */
export function providerOf(model: string): Provider | null {
  return providers.find(({ models }) => models.test(model)) ?? null;
}
