/** Providers whose models have names of their own, and no published size. */
export interface Provider {
  name: string;
  /** Where it speaks OpenAI's wire format, up to and with /v1. */
  baseUrl: string;
  models: RegExp;
  source: string;
  checkedAt: string;
}

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
];

/** The provider that a model's name belongs to; null when the name does not say. */
export function providerOf(model: string): Provider | null {
  return providers.find(({ models }) => models.test(model)) ?? null;
}
