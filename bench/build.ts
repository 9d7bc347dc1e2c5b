// Our build against the real `vercel build` on the same app: node bench/build.ts
import fs from "node:fs/promises";
import path from "node:path";
import { compareCommands, makeApp, printTimings, withTempDir } from "./measure.ts";

await withTempDir(async (dir) => {
  const app = await makeApp(dir);
  await fs.mkdir(path.join(app, ".vercel"));
  await fs.writeFile(
    path.join(app, ".vercel/project.json"),
    '{"projectId":"prj_x","orgId":"team_x","settings":{"installCommand":"true"}}',
  );
  const clean = async (): Promise<void> => fs.rm(path.join(app, ".vercel/output"), { recursive: true, force: true });
  const env = { VERCEL_TELEMETRY_DISABLED: "1", NO_UPDATE_NOTIFIER: "1", CI: "1" };
  const timings = await compareCommands(
    [
      {
        name: "vercel build 58.4.4 (install skipped)",
        command: [
          process.execPath,
          path.resolve("node_modules/vercel/dist/index.js"),
          "build",
          "--yes",
          "--token",
          "offline",
        ],
        cwd: app,
        env,
        prepare: clean,
      },
      {
        name: "edge-ai build",
        command: [process.execPath, path.resolve("dist/edge-ai.js"), "build"],
        cwd: app,
        prepare: clean,
      },
    ],
    5,
  );
  printTimings("Build of the embeddings app", timings);
});
