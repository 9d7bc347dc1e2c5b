import { readEnvFile } from "../host/env-file.ts";
import { answer, type Io } from "../io.ts";
import { ENV_EXAMPLE, readNeededEnv } from "../release/needed-env.ts";
import type { Environment } from "../targets/target.ts";
import { CloudflareTarget } from "../targets/cloudflare/cloudflare.ts";
import { VercelTarget } from "../targets/vercel/vercel.ts";
import { readTarget, type TargetOptions } from "./read-target.ts";

interface Row {
  name: string;
  need: "required" | "optional" | "unlisted";
  present: boolean;
}

/** `edge-ai env check`: names that the functions need, and whether the target has them. Never a value. 1 when one is missing. */
export async function envCheckCommand(io: Io, options: TargetOptions & { environment: Environment }): Promise<number> {
  const { projectDir, target, targetName } = await readTarget(io, options);
  const { environment } = options;
  const needed = await readNeededEnv(projectDir);
  const here = async (): Promise<string[]> => namesHere(await readEnvFile(projectDir));
  const names =
    target instanceof VercelTarget
      ? await target.project.envNames(environment, needed.required)
      : target instanceof CloudflareTarget
        ? [...(await target.worker.secretNames()), ...(await here())]
        : await here();
  const present = new Set(names);
  const rows = (["required", "optional", "unlisted"] as const).flatMap((need) =>
    needed[need].map((name): Row => ({ name, need, present: present.has(name) })),
  );
  const missing = rows.filter((row) => row.need === "required" && !row.present).map(({ name }) => name);
  const where = {
    vercel: `vercel, ${environment}`,
    // A release takes them along.
    cloudflare: "cloudflare (secrets of the Worker, and .env.local)",
    local: "local (.env.local)",
  }[targetName];
  answer(
    io,
    options.json === true
      ? { version: 1, target: targetName, environment, variables: rows, missing, ok: missing.length === 0 }
      : [`${where}: ${verdict(needed.required.length, missing.length)}`, ...rows.map(render)].join("\n"),
  );
  return missing.length === 0 ? 0 : 1;
}

/** A name without a value, as a copied .env.example leaves it, is not set. */
function namesHere(env: Readonly<Record<string, string>>): string[] {
  return Object.keys(env).filter((name) => env[name] !== "");
}

function verdict(required: number, missing: number): string {
  if (required === 0) return `no variable is required by ${ENV_EXAMPLE}`;
  return missing === 0
    ? "every required variable is there"
    : `${missing} of ${required} required variables are missing`;
}

function render({ name, need, present }: Row): string {
  const mark = present ? "✓" : need === "required" ? "✗" : "-";
  const notes = { required: "", optional: " (optional)", unlisted: ` (read by the code, not in ${ENV_EXAMPLE})` };
  return `  ${mark} ${name}${notes[need]}`;
}
