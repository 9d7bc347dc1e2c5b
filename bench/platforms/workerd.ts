// Serves the .cloudflare/output of a project on workerd until it is ended: node bench/platforms/workerd.ts <project> <port>
import path from "node:path";
import { readWorkerOutput } from "../../src/build/worker/read-output.ts";
import { readEnvFile } from "../../src/host/env-file.ts";
import { startWorkerd } from "../../src/host/workerd/workerd.ts";

const [project = ".", port = "0"] = process.argv.slice(2);
const { ...output } = await readWorkerOutput(path.resolve(project, ".cloudflare/output"));
await startWorkerd({
  ...output,
  vars: await readEnvFile(project),
  versionId: null,
  miniflareFrom: path.resolve("."),
  port: Number(port),
  onLog: () => undefined,
});
