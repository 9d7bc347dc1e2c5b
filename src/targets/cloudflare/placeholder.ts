import fs from "node:fs/promises";
import path from "node:path";

/** Answers until the first release has passed its gate. */
const MODULE = `export default {
  fetch: () => new Response("nothing is released here yet\\n", { status: 503, headers: { "cache-control": "no-store" } }),
};
`;

/**
 * Writes a Worker that says that nothing is released yet: a version can only be uploaded to a Worker that is there, and the
 * first one that `wrangler deploy` makes is production at once. Without routes and crons: those come with the first release.
 * @returns its wrangler.json
 */
export async function writePlaceholder(folder: string, name: string, compatibilityDate: string): Promise<string> {
  const config = {
    name,
    main: "placeholder.js",
    no_bundle: true,
    compatibility_date: compatibilityDate,
    workers_dev: true,
    preview_urls: true,
    send_metrics: false,
    dependencies_instrumentation: { enabled: false },
  };
  const file = path.join(folder, "wrangler.json");
  await fs.writeFile(path.join(folder, "placeholder.js"), MODULE);
  await fs.writeFile(file, JSON.stringify(config));
  return file;
}
