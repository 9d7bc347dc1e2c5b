import { describe, expect, it } from "vitest";
import { manifestSchema, planWorkflow, type WorkflowProject } from "../../../src/scaffold/workflow-project.ts";
import { branchOf, workflowState, workflowText } from "../../../src/scaffold/workflow.ts";

const TEMPLATE = `on:\n  push:\n    branches: ["DEFAULT_BRANCH"]\njobs:\n      - run: npm ci\n      - run: npm test\n`;
const wanted = workflowText(TEMPLATE, { branch: "main", hasTests: true });

describe("workflowState", () => {
  const older = workflowText(TEMPLATE, { branch: "master", hasTests: false });
  it.each<[what: string, found: string | null, state: string]>([
    ["no file", null, "missing"],
    ["the same", wanted, "current"],
    ["the same with CRLF", wanted.replaceAll("\n", "\r\n"), "current"],
    ["written for other settings", older, "stale"],
    ["the same, checked out with CRLF", older.replaceAll("\n", "\r\n"), "stale"],
    ["a line changed", older.replace("npm ci", "npm install"), "edited"],
    ["a line added", `${older}# mine\n`, "edited"],
    ["the last line lost", older.trimEnd(), "edited"],
    ["another hash", older.replace(/[0-9a-f]{64}/, "0".repeat(64)), "edited"],
    ["no hash", older.slice(older.indexOf("\n") + 1), "edited"],
    ["a comment above", `# mine\n${older}`, "edited"],
    ["somebody else's", "name: edge-ai\n", "edited"],
    ["empty", "", "edited"],
  ])("%s", (_what, found, state) => {
    expect(workflowState(found, wanted)).toBe(state);
  });
});

it("branchOf reads the branch that was filled in", () => {
  expect(branchOf(workflowText(TEMPLATE, { branch: "release/2.x", hasTests: true }))).toBe("release/2.x");
  expect(branchOf("on: push\n")).toBeNull();
});

function project(change: Omit<Partial<WorkflowProject>, "manifest"> & { manifest?: object } = {}): WorkflowProject {
  const manifest = {
    scripts: { test: "node --test" },
    devDependencies: { vercel: "58.4.4", "create-edge-ai": "0.1.0" },
    engines: { node: "24.x" },
    ...change.manifest,
  };
  return {
    files: ["package.json", "package-lock.json"],
    git: null,
    found: null,
    target: "vercel",
    ...change,
    manifest: manifestSchema.parse(manifest),
  };
}

describe("planWorkflow", () => {
  it("has nothing to say about a whole project", () => {
    expect(planWorkflow(project())).toEqual({ settings: { branch: "main", hasTests: true }, warnings: [] });
  });

  it("leaves out the tests that there are not", () => {
    expect(planWorkflow(project({ manifest: { scripts: {} } })).settings.hasTests).toBe(false);
  });

  const git = { prefix: "", originBranch: null, currentBranch: null };
  it.each<[what: string, change: Parameters<typeof project>[0], branch: string]>([
    ["without git", {}, "main"],
    ["the default branch of origin", { git: { ...git, originBranch: "trunk", currentBranch: "topic" } }, "trunk"],
    ["a new repository on master", { git: { ...git, currentBranch: "master" } }, "master"],
    ["a new repository on a topic", { git: { ...git, currentBranch: "topic" } }, "main"],
    ["a clone of CI", { git, found: workflowText(TEMPLATE, { branch: "trunk", hasTests: true }) }, "trunk"],
    [
      "origin over what was written",
      { git: { ...git, originBranch: "main" }, found: workflowText(TEMPLATE, { branch: "old", hasTests: true }) },
      "main",
    ],
  ])("%s", (_what, change, branch) => {
    expect(planWorkflow(project(change)).settings.branch).toBe(branch);
  });

  it.each(["a'b", 'a"b', "${{x}}", "!main", "-x", "a b", "", "a+b", "main\n"])(
    "refuses the branch %j",
    (originBranch) => {
      expect(() => planWorkflow(project({ git: { ...git, originBranch } }))).toThrow("cannot name the branch");
    },
  );

  it.each<[what: string, change: Parameters<typeof project>[0], code: string, message: string]>([
    ["pnpm", { files: ["pnpm-lock.yaml"] }, "NO_TEMPLATE", "uses pnpm"],
    ["yarn", { files: ["yarn.lock"] }, "NO_TEMPLATE", "uses yarn"],
    ["bun", { files: ["bun.lock"] }, "NO_TEMPLATE", "uses bun"],
    ["what packageManager says", { manifest: { packageManager: "pnpm@10.1.0" } }, "NO_TEMPLATE", "uses pnpm"],
    ["no lock file", { files: ["package.json"] }, "BAD_CONFIG", "package-lock.json"],
    [
      "another lock file beside npm",
      { files: ["yarn.lock"], manifest: { packageManager: "npm@11.0.0" } },
      "BAD_CONFIG",
      "package-lock.json",
    ],
    ["a folder of a repository", { git: { ...git, prefix: "apps/search/" } }, "FILE", "apps/search/"],
  ])("refuses %s", (_what, change, code, message) => {
    expect(() => planWorkflow(project(change))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it("takes npm-shrinkwrap.json, and npm when there are two lock files", () => {
    for (const files of [["npm-shrinkwrap.json"], ["package-lock.json", "yarn.lock"]])
      expect(planWorkflow(project({ files })).warnings).toEqual([]);
  });

  it.each<[what: string, manifest: object, warning: string]>([
    ["no vercel", { devDependencies: { "create-edge-ai": "1" } }, "npm install --save-dev --save-exact vercel@58.4.4"],
    ["a range of vercel", { devDependencies: { vercel: "^58.4.4", "create-edge-ai": "1" } }, "vercel@58.4.4"],
    ["the latest vercel", { devDependencies: { vercel: "latest", "create-edge-ai": "1" } }, "vercel@58.4.4"],
    ["no create-edge-ai", { devDependencies: { vercel: "58.4.4" } }, "create-edge-ai is no devDependency"],
    ["no engines", { engines: {} }, "npm pkg set engines.node=24.x"],
  ])("warns about %s", (_what, manifest, warning) => {
    const { warnings } = planWorkflow(project({ manifest }));
    expect(warnings).toEqual([expect.stringContaining(warning)]);
  });
});
