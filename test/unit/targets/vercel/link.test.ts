import { describe, expect, test } from "vitest";
import { readLink } from "../../../../src/targets/vercel/link.ts";
import { tempDir, writeTree } from "../../../temp.ts";

const config = (vercel?: { project: string | null; scope: string | null }) => ({
  name: "app",
  targets: vercel === undefined ? {} : { vercel: { ...vercel, domain: null } },
});

describe("the project a folder goes to", () => {
  test("is fixed by the two variables, as in CI", async () => {
    const dir = await tempDir("edge-ai-link");
    await writeTree(dir, { ".vercel/project.json": '{"projectId":"prj_file","orgId":"team_file"}' });
    const link = await readLink({ VERCEL_PROJECT_ID: "prj_1", VERCEL_ORG_ID: "team_1" }, dir, config());
    expect(link).toEqual({ project: "prj_1", scope: "team_1", isLinked: true });
  });

  test("else by the link", async () => {
    const dir = await tempDir("edge-ai-link");
    await writeTree(dir, { ".vercel/project.json": '{"projectId":"prj_1","orgId":"team_1"}' });
    expect(await readLink({}, dir, config())).toEqual({ project: "prj_1", scope: "team_1", isLinked: true });
    expect(await readLink({}, dir, config({ project: null, scope: "mine" }))).toMatchObject({ scope: "mine" });
  });

  test("of a personal account has no scope", async () => {
    const link = await readLink({ VERCEL_PROJECT_ID: "prj_1", VERCEL_ORG_ID: "k3Jd82" }, "/nowhere", config());
    expect(link).toMatchObject({ scope: null });
  });

  test.each<[string, string]>([
    ["no link", "{}"],
    ["a link that cannot be read", "{"],
  ])("with %s has the name of edge-ai.json", async (_, text) => {
    const dir = await tempDir("edge-ai-link");
    await writeTree(dir, { ".vercel/project.json": text });
    expect(await readLink({}, dir, config())).toEqual({ project: "app", scope: null, isLinked: false });
    const named = config({ project: "other", scope: "team" });
    expect(await readLink({}, dir, named)).toEqual({ project: "other", scope: "team", isLinked: false });
  });

  test.each(["VERCEL_PROJECT_ID", "VERCEL_ORG_ID"])("is an error with %s alone", async (name) => {
    await expect(readLink({ [name]: "x" }, "/nowhere", config())).rejects.toMatchObject({ code: "BAD_CONFIG" });
  });
});
