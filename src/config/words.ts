/** The words that edge-ai.json, flags and code share. Apart from the schema, so that argv can be read without loading zod. */
export const tasks = ["embeddings", "classify", "chat", "image"] as const;
export const modes = ["local", "hybrid", "external"] as const;
export const targetNames = ["local", "vercel", "cloudflare"] as const;
export const packageManagers = ["npm", "pnpm", "yarn", "bun"] as const;

export type Task = (typeof tasks)[number];
export type Mode = (typeof modes)[number];
export type TargetName = (typeof targetNames)[number];
export type PackageManager = (typeof packageManagers)[number];
