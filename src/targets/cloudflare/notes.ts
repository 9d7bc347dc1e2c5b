import type { Environment } from "../target.ts";

/** What a version remembers in its message: a CI runner would have forgotten it. */
export interface VersionNote {
  environment: Environment;
  /** Names the upload, so that its version is found even when the answer to the upload was lost. */
  upload: string;
  knownGood: string | null;
}

const VERSION =
  /^edge-ai (?<environment>preview|production) upload=(?<upload>\w+)(?: knownGood=(?<knownGood>[\w-]+))?$/;
const SHARE = /^edge-ai share of=(?<of>[\w-]+) from=(?<from>[\w-]+)$/;

/** Tag of the version that only stands in until the first release. */
export const PLACEHOLDER_TAG = "edge-ai-placeholder";

/** Under 100 characters. */
export function versionMessage({ environment, upload, knownGood }: VersionNote): string {
  return `edge-ai ${environment} upload=${upload}${knownGood === null ? "" : ` knownGood=${knownGood}`}`;
}

/** What a version remembers; null of one that edge-ai did not make. */
export function versionNote(message: string | undefined): VersionNote | null {
  const groups = VERSION.exec(message ?? "")?.groups;
  if (groups === undefined) return null;
  const environment = groups["environment"] === "preview" ? "preview" : "production";
  return { environment, upload: groups["upload"] ?? "", knownGood: groups["knownGood"] ?? null };
}

/** Of a deployment in which a new version has a share of the traffic, or none yet: whose the rest is. */
export function shareMessage(of: string, from: string): string {
  return `edge-ai share of=${of} from=${from}`;
}

/** The two versions of a share that edge-ai made; null of any other deployment. */
export function shareNote(message: string | undefined): { of: string; from: string } | null {
  const groups = SHARE.exec(message ?? "")?.groups;
  return groups === undefined ? null : { of: groups["of"] ?? "", from: groups["from"] ?? "" };
}
