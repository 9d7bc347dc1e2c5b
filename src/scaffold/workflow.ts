import { createHash } from "node:crypto";

/** Where GitHub looks for it, below the root of the repository. */
export const WORKFLOW_FILE = ".github/workflows/edge-ai.yml";

/** All that varies between the workflows of two projects. */
export interface WorkflowSettings {
  /** The branch whose pushes are released. */
  branch: string;
  /** Whether package.json has a test script. */
  hasTests: boolean;
}

export type WorkflowState = "missing" | "current" | "stale" | "edited";

const TEST_STEP = /^ +- run: npm test\n/m;
const HASH_LINE = /^# Written by `edge-ai ci`.* sha256 of the lines below: ([0-9a-f]{64})\n/;

/** The whole file: the template with what varies filled in, under a line that lets us notice edits. */
export function workflowText(template: string, { branch, hasTests }: WorkflowSettings): string {
  const body = (hasTests ? template : template.replace(TEST_STEP, "")).replaceAll("DEFAULT_BRANCH", branch);
  const origin = "Written by `edge-ai ci`, which will not write over it once it is edited;";
  return `# ${origin} sha256 of the lines below: ${sha256(body)}\n${body}`;
}

/** What the file on disk is, compared with what would be written. "edited": not, or no longer, as `edge-ai ci` wrote it. */
export function workflowState(found: string | null, wanted: string): WorkflowState {
  if (found === null) return "missing";
  // git may check text out with CRLF on Windows.
  const text = found.replaceAll("\r\n", "\n");
  if (text === wanted) return "current";
  const [line, hash] = HASH_LINE.exec(text) ?? [];
  return line !== undefined && sha256(text.slice(line.length)) === hash ? "stale" : "edited";
}

/** The branch that a workflow of ours releases, or null. */
export function branchOf(workflow: string): string | null {
  return /^ {4}branches: \["([^"]+)"\]$/m.exec(workflow.replaceAll("\r\n", "\n"))?.[1] ?? null;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
