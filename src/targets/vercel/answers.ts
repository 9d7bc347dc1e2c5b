import * as z from "zod";
import { CliError, messageOf } from "../../errors.ts";
import type { Deployment, Environment } from "../target.ts";

/** Names a person reads in an error. */
type Asked = string;

const staged = z.looseObject({
  id: z.string().min(1),
  url: z.string().min(1),
  readyState: z.string(),
  target: z.string().nullable().optional(),
  error: z.looseObject({ message: z.string() }).optional(),
});

/** Under --non-interactive, and when the CLI believes that an AI agent runs it, the same stands below `deployment`. */
const stagedAnswer = z.union([z.looseObject({ deployment: staged }).transform(({ deployment }) => deployment), staged]);

const metaSchema = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((meta) => meta ?? {});

const deploymentSchema = z.looseObject({
  id: z.string().min(1),
  url: z.string().min(1),
  target: z.string().nullish(),
  readyState: z.string(),
  createdAt: z.number(),
  meta: metaSchema,
  projectId: z.string().optional(),
  inspectorUrl: z.string().nullish(),
});

/** A deployment as the API describes it. */
export type ApiDeployment = z.output<typeof deploymentSchema>;

const listSchema = z.looseObject({
  deployments: z.array(
    z
      .looseObject({ id: z.string().min(1), url: z.string(), target: z.string().nullish(), state: z.string() })
      .extend({ createdAt: z.number(), meta: metaSchema })
      .transform(({ state, ...rest }) => ({ ...rest, readyState: state })),
  ),
});

/** all, all_except_custom_domains, prod_deployment_urls_and_all_previews, preview; production for trusted addresses. */
const protectionSchema = z.looseObject({ deploymentType: z.string().default("of an unknown kind") }).nullish();

/** Names and values: https://vercel.com/docs/rest-api/projects/update-an-existing-project (2026-05-07) and @vercel/sdk. */
const projectSchema = z.looseObject({
  id: z.string().min(1),
  name: z.string().min(1),
  accountId: z.string().nullish(),
  ssoProtection: protectionSchema,
  passwordProtection: protectionSchema,
  trustedIps: protectionSchema,
  /** A template for the promotions to come; null when they move all traffic at once. */
  rollingRelease: z.unknown().optional(),
  targets: z
    .looseObject({ production: z.looseObject({ id: z.string(), readySubstate: z.string().optional() }).nullish() })
    // Only asked for a contradiction.
    .nullish()
    .catch(null),
  /** The repository whose pushes Vercel deploys by itself. */
  link: z.looseObject({ productionBranch: z.string().optional() }).nullish(),
});

/** A project as the API describes it. */
export type ApiProject = z.output<typeof projectSchema>;

const domainsSchema = z.looseObject({
  domains: z.array(
    z.looseObject({
      name: z.string().min(1),
      redirect: z.string().nullish(),
      gitBranch: z.string().nullish(),
      verified: z.boolean().default(true),
    }),
  ),
});

const inspectSchema = z.looseObject({ id: z.string().min(1), readyState: z.string() });
/** Nothing else of a variable is kept, least of all its value. */
const variables = z.array(
  z.object({
    key: z.string(),
    target: z.union([z.string().transform((one) => [one]), z.array(z.string())]).default([]),
    /** Only deployments of that branch have it. */
    gitBranch: z.string().nullish(),
  }),
);
const envSchema = z.object({ envs: variables });
/** https://vercel.com/docs/rest-api/environment/lists-all-shared-environment-variables-for-a-team (read 2026-11-23). */
const sharedEnvSchema = z.object({ data: variables });
/** https://vercel.com/docs/rest-api/teams/get-a-team (2026-08-10). A token of a project alone sees no billing. */
const ownerSchema = z.looseObject({ billing: z.looseObject({ plan: z.string() }).nullish() });

/** Output of the CLI → data. Each throws CliError PLATFORM when it is not what is expected. */
export const parse = {
  staged: (text: string) => parseWith(stagedAnswer, text, "vercel deploy"),
  deployment: (text: string) => parseWith(deploymentSchema, text, "a deployment"),
  list: (text: string) => parseWith(listSchema, text, "vercel list").deployments,
  project: (text: string) => parseWith(projectSchema, text, "the project"),
  inspect: (text: string) => parseWith(inspectSchema, text, "vercel inspect"),
  variables: (text: string) => parseWith(envSchema, text, "the project's variables").envs,
  sharedVariables: (text: string) => parseWith(sharedEnvSchema, text, "the variables of the team").data,
  plan: (text: string) => parseWith(ownerSchema, text, "the team").billing?.plan ?? null,
  /** The domains that are production: those of a branch, those that only redirect and wildcards are not. */
  productionDomains: (text: string) =>
    parseWith(domainsSchema, text, "the project's domains")
      .domains.filter(({ redirect, gitBranch, verified }) => redirect == null && gitBranch == null && verified)
      .map(({ name }) => name)
      .filter((name) => !name.startsWith("*")),
} as const;

function parseWith<S extends z.ZodType>(schema: S, text: string, asked: Asked): z.output<S> {
  if (text.trim() === "") throw silent(asked);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unexpected(asked, `it is not JSON (${messageOf(error)})`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unexpected(asked, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not as expected"}`);
}

/** 58.4.4 does so, with exit code 0, when a connection is cut while it lists. */
function silent(asked: Asked): CliError {
  return new CliError("PLATFORM", `vercel printed nothing about ${asked}, and ended as if all were well`, {
    hint: "its connection may have been cut (https://www.vercel-status.com): run the same command again",
  });
}

/** The text itself is left out: it may hold values of variables. */
function unexpected(asked: Asked, why: string): CliError {
  return new CliError("PLATFORM", `what vercel printed about ${asked} cannot be understood: ${why}`, {
    hint: "this version was tested with Vercel CLI 58.4.4 and 60.1.3: npm install --save-dev --save-exact vercel@58.4.4",
  });
}

/** @param requestHeaders what reaches a protected deployment */
export function deploymentOf(
  { id, url, target, createdAt, meta }: ApiDeployment,
  requestHeaders: Deployment["requestHeaders"],
): Deployment {
  const made = textOf(meta["buildId"]);
  const buildId = made ?? textOf(meta["githubCommitSha"]) ?? id;
  const environment: Environment = target === "production" ? "production" : "preview";
  return {
    id,
    url: urlOf(url),
    requestHeaders,
    buildId,
    builtFrom: buildId,
    isForeign: made === null,
    createdAt: new Date(createdAt).toISOString(),
    environment,
    knownGood: textOf(meta["knownGood"]),
  };
}

/** Where a host of Vercel answers. Only a rehearsal has hosts on loopback, and those have no certificate. */
export function urlOf(host: string): string {
  if (/^https?:\/\//.test(host)) return urlOf(host.replace(/^https?:\/\//, ""));
  return host.startsWith("127.0.0.1:") ? `http://${host}` : `https://${host}`;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
