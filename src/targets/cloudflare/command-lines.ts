/** What a version is uploaded with. */
export interface Upload {
  /** The wrangler.json of the build. */
  configFile: string;
  name: string;
  tag: string;
  message: string;
  /** null: no secret goes up, and the version has those of the one before. */
  secretsFile: string | null;
}

/** A version and its share of the traffic, in percent. */
export interface Share {
  id: string;
  percentage: number;
}

/** Arguments of `wrangler` commands. Nothing runs here. Token and account go by environment, secrets by a file. */
export const wranglerArgs = {
  /** A version that takes no traffic. */
  upload: ({ configFile, name, tag, message, secretsFile }: Upload): string[] => [
    "versions",
    "upload",
    "--config",
    configFile,
    "--name",
    name,
    "--tag",
    tag,
    "--message",
    message,
    ...(secretsFile === null ? [] : ["--secrets-file", secretsFile]),
  ],

  /** Ends whatever split of the traffic there is. Never `wrangler rollback`, which run twice puts the bad version back. */
  deployVersions: (name: string, shares: readonly Share[], message: string): string[] => [
    "versions",
    "deploy",
    ...shares.map(({ id, percentage }) => `${notEmpty(id)}@${percentage}%`),
    "--yes",
    "--name",
    name,
    "--message",
    message,
  ],

  /** A Worker's very first version, which is production at once: only ever the placeholder. */
  deployFirst: (configFile: string, tag: string): string[] => ["deploy", "--config", configFile, "--tag", tag],

  /** Crons and routes, which belong to no version. */
  triggers: (configFile: string, name: string): string[] => [
    "triggers",
    "deploy",
    "--config",
    configFile,
    "--name",
    name,
  ],

  status: (name: string): string[] => ["deployments", "status", "--name", name, "--json"],
  version: (name: string, id: string): string[] => ["versions", "view", notEmpty(id), "--name", name, "--json"],
  versions: (name: string): string[] => ["versions", "list", "--name", name, "--json"],
  secrets: (name: string): string[] => ["secret", "list", "--name", name, "--format", "json"],
  whoami: ["whoami", "--json"] as readonly string[],
  token: ["auth", "token", "--json"] as readonly string[],
} as const;

function notEmpty(text: string): string {
  if (text === "") throw new Error("wrangler would ask for a version when none is named");
  return text;
}
