/** What the platform sets, and what our builder does. */
const OWN = /^(VERCEL($|_)|NODE_ENV$|NODE_VERSION$|EDGE_AI_BUILD_ID$|AWS_|CF_|TZ$|PATH$|HOME$|TMPDIR$|CI$|LANG$|PORT$)/;
const READ = /process\.env(?:\.([A-Za-z_]\w*)|\[\s*["'`]([A-Za-z_]\w*)["'`]\s*\])/g;
const TAKEN_APART = /\{([^{}]*)\}\s*=\s*process\.env\b/g;

/** The variables that a source file reads by name, without those that the platform or our builder sets. */
export function variablesRead(source: string): string[] {
  const single = [...source.matchAll(READ)].map(([, dotted, quoted]) => dotted ?? quoted ?? "");
  const several = [...source.matchAll(TAKEN_APART)].flatMap(([, list = ""]) => list.split(","));
  // `{ A, B: b = "x", ...rest }`: what is read is the name before the colon or the default.
  const names = [...single, ...several.flatMap((part) => /^\s*([A-Za-z_]\w*)/.exec(part)?.[1] ?? [])];
  return names.filter((name) => !OWN.test(name));
}
