/**
 * Where the GGUF files of catalogue models are, which are rarely in the same repository as the model itself. Found named, with
 * their files, in public code; the Hub itself was not asked. 2026-11-23.
 */
export const ggufRepositories: Readonly<Record<string, string>> = {
  "smollm2-135m-instruct": "bartowski/SmolLM2-135M-Instruct-GGUF",
  "smollm2-360m-instruct": "bartowski/SmolLM2-360M-Instruct-GGUF",
  "qwen2.5-0.5b-instruct": "Qwen/Qwen2.5-0.5B-Instruct-GGUF",
  "qwen3-0.6b": "Qwen/Qwen3-0.6B-GGUF",
};
