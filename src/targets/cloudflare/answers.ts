import * as z from "zod";
import { CliError, messageOf } from "../../errors.ts";

const annotations = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((notes) => ({ message: textOf(notes?.["workers/message"]), tag: textOf(notes?.["workers/tag"]) }));

/** Nothing else of a version is kept: its bindings may hold values. */
const versionSchema = z
  .object({ id: z.string().min(1), metadata: z.object({ created_on: z.string() }), annotations })
  .transform(({ id, metadata, annotations: notes }) => ({ id, createdAt: metadata.created_on, ...notes }));

/** A version as wrangler describes it. */
export type Version = z.output<typeof versionSchema>;

const statusSchema = z
  .object({
    id: z.string(),
    annotations,
    versions: z.array(z.object({ version_id: z.string().min(1), percentage: z.number() })),
  })
  .transform(({ annotations: notes, versions }) => ({
    message: notes.message,
    shares: versions.map(({ version_id: id, percentage }) => ({ id, percentage })),
  }));

/** How the traffic is split now. */
export type Traffic = z.output<typeof statusSchema>;

const whoamiSchema = z.object({ accounts: z.array(z.object({ id: z.string(), name: z.string() })).default([]) });
const tokenSchema = z.looseObject({ token: z.string().min(1) });
const secretsSchema = z.array(z.object({ name: z.string() }));

/** https://developers.cloudflare.com/api/resources/workers/subresources/beta/subresources/workers/ */
const workerSchema = z.object({
  result: z.object({
    subdomain: z.object({
      enabled: z.boolean().default(false),
      previews_enabled: z.boolean().default(false),
      url: z.string().optional(),
      preview_url_suffix: z.string().optional(),
    }),
  }),
});

/** Where a Worker answers. */
export type WorkerHosts = z.output<typeof workerSchema>["result"]["subdomain"];

/** Output of wrangler, and of the one call that it has no command for → data. @throws CliError PLATFORM */
export const parse = {
  version: (text: string) => parseWith(versionSchema, text, "the version"),
  versions: (text: string) => parseWith(z.array(versionSchema), text, "the versions"),
  traffic: (text: string) => parseWith(statusSchema, text, "the deployment"),
  accounts: (text: string) => parseWith(whoamiSchema, text, "the account").accounts,
  token: (text: string) => parseWith(tokenSchema, text, "its login").token,
  secretNames: (text: string) => parseWith(secretsSchema, text, "the secrets").map(({ name }) => name),
  hosts: (text: string) => parseWith(workerSchema, text, "the Worker").result.subdomain,
} as const;

function parseWith<S extends z.ZodType>(schema: S, text: string, asked: string): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unexpected(asked, text.trim() === "" ? "it is empty" : `it is not JSON (${messageOf(error)})`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unexpected(asked, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not as expected"}`);
}

/** The text itself is left out: it may hold values. */
function unexpected(asked: string, why: string): CliError {
  return new CliError("PLATFORM", `what Cloudflare said about ${asked} cannot be understood: ${why}`, {
    hint: "run the same command again; this version was tested with wrangler 4.150.0",
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
