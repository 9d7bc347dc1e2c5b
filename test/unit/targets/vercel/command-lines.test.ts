import { describe, expect, test } from "vitest";
import { vercelArgs } from "../../../../src/targets/vercel/command-lines.ts";

const meta = { buildId: "b1", knownGood: "dpl_0" };

describe("command lines of vercel", () => {
  test("a production deployment is staged: no domain points to it", () => {
    expect(vercelArgs.deploy("production", meta, "team_1")).toEqual([
      "deploy",
      "--prebuilt",
      "--yes",
      "--format",
      "json",
      "--prod",
      "--skip-domain",
      "--meta",
      "buildId=b1",
      "--meta",
      "knownGood=dpl_0",
      "--scope",
      "team_1",
    ]);
  });

  test("a preview is no production deployment, and the first release knows no good one", () => {
    const args = vercelArgs.deploy("preview", { buildId: "b1", knownGood: null }, null);
    expect(args).toEqual(["deploy", "--prebuilt", "--yes", "--format", "json", "--meta", "buildId=b1"]);
  });

  // Trap 8: inspect, promote and rollback ignore the linked project's team.
  test.each<[string, string[]]>([
    ["deploy", vercelArgs.deploy("preview", meta, "team_1")],
    ["promote", vercelArgs.promote("dpl_1", { rollback: false }, 1_000, "team_1")],
    ["rollback", vercelArgs.promote("dpl_1", { rollback: true }, 1_000, "team_1")],
    ["inspect", vercelArgs.inspect("dpl_1", "team_1")],
    ["list", vercelArgs.list("app", "team_1")],
    ["api", vercelArgs.api("/v2/user", "team_1")],
    ["link", vercelArgs.link("app", "team_1")],
    ["pull", vercelArgs.pull("production", "team_1")],
    ["build", vercelArgs.build("production", "team_1")],
  ])("%s names the command first and the scope last", (command, args) => {
    expect(args[0]).toBe(command);
    expect(args.slice(-2)).toEqual(["--scope", "team_1"]);
  });

  // Trap 6: `vercel promote ""` asks for the status and succeeds.
  test.each<[string, () => string[]]>([
    ["promote", () => vercelArgs.promote("", { rollback: false }, 1_000, null)],
    ["rollback", () => vercelArgs.promote("", { rollback: true }, 1_000, null)],
    ["inspect", () => vercelArgs.inspect("", null)],
    ["list", () => vercelArgs.list("", null)],
    ["link", () => vercelArgs.link("", null)],
  ])("%s of nothing is never asked for", (_, build) => {
    expect(build).toThrow("empty name");
  });

  test("a time-out is given in whole seconds, and 0 would not wait at all", () => {
    expect(vercelArgs.promote("dpl_1", { rollback: false }, 180_000, null)).toContain("180s");
    expect(vercelArgs.promote("dpl_1", { rollback: false }, 10, null)).toContain("1s");
  });
});
