// The most telling faults of the API, and kills of the CLI. bench/cloudflare-faults.ts does them all.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { caseName, CloudflareCases, type CloudflareCase } from "./cloudflare-cases.ts";

const SLOW_MS = 400_000;

type Cell = [CloudflareCase, { exit?: number; answer: string; between: "old" | "new" }];

// /proc says which processes are left.
describe.skipIf(process.platform !== "linux")("on Cloudflare", () => {
  let on: CloudflareCases;
  beforeAll(async () => {
    on = await CloudflareCases.make();
  }, SLOW_MS);
  afterAll(() => on[Symbol.asyncDispose](), SLOW_MS);

  const cells: Cell[] = [
    [
      { command: "deploy", step: "promote", endpoint: "createDeployment", kind: "hang", after: true },
      { exit: 0, answer: "promoted", between: "new" },
    ],
    [
      { command: "promote", endpoint: "createDeployment", kind: "dropped" },
      { exit: 1, answer: "NOT_PRODUCTION", between: "old" },
    ],
    [
      { command: "deployments", endpoint: "versions", kind: "bad-token" },
      { exit: 2, answer: "NO_ACCESS", between: "old" },
    ],
    [
      { command: "deploy", endpoint: "uploadVersion", kill: true },
      { answer: "SIGKILL", between: "old" },
    ],
    [
      { command: "rollback", endpoint: "createDeployment", kill: true, after: true },
      { answer: "SIGKILL", between: "new" },
    ],
  ];
  it.each(cells.map(([cell, wanted]) => [caseName(cell), cell, wanted] as const))(
    "production answers throughout, nothing is left, and a rerun completes: %s",
    { timeout: SLOW_MS },
    async (_, cell, wanted) => {
      expect(await on.run(cell)).toMatchObject({ problems: [], ...wanted });
    },
  );
});
