// Ten switch-overs under load: not one request fails, and after a switch nobody gets the old build.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { makeProject, type TestProject } from "./fixture.ts";
import { askOnce, failuresOf, startLoad, type Seen } from "./load.ts";

const SWITCHES = 10;
const LOAD_PER_SECOND = 200;
/** How long a request takes that is under way during a switch. */
const SLOW_REQUEST_MS = 2_000;
const PAUSE_MS = 300;

/** One switch-over. Times of `performance.now()`. */
interface SwitchOver {
  command: string;
  from: string;
  to: string;
  calledAtMs: number;
  returnedAtMs: number;
  /** A request that was sent to the old build before, and takes until after the switch. */
  slow: Promise<Seen>;
}

it("promotes and rolls back under load without losing a request", async ({ annotate }) => {
  await using project = await makeProject();
  const a = await project.release("a");
  const b = await project.release("b");
  const load = startLoad(project.url, LOAD_PER_SECOND);
  const switches: SwitchOver[] = [];
  try {
    for (let i = 0; i < SWITCHES; i++) {
      const [args, from, to] = i % 2 === 0 ? [["rollback"], b, a] : [["promote", b.id, "--no-gate"], a, b];
      switches.push(await switchOver(project, args, from.buildId, to.buildId));
      await sleep(PAUSE_MS);
    }
  } finally {
    await load.stop();
  }
  const seen = await load.stop();
  expect(failuresOf(seen)).toEqual([]);
  expect(seen.length).toBe(load.sent());
  for (const [i, each] of switches.entries()) {
    const { from, to, returnedAtMs, slow } = each;
    expect(await slow).toMatchObject({ failure: null, buildId: from });
    const nextAt = switches[i + 1]?.calledAtMs ?? Infinity;
    const after = seen.filter(({ sentAtMs }) => sentAtMs > returnedAtMs && sentAtMs < nextAt);
    expect(after.length).toBeGreaterThan(0);
    expect(after.filter(({ buildId }) => buildId !== to)).toEqual([]);
    await annotate(rowOf(i + 1, each, seen));
  }
  await annotate(`${load.sent()} requests sent, ${seen.length} answered`);
}, 90_000);

async function switchOver(
  project: TestProject,
  args: readonly string[],
  from: string,
  to: string,
): Promise<SwitchOver> {
  const slow = askOnce(`${project.url}/api/embeddings?wait=${SLOW_REQUEST_MS}`);
  const calledAtMs = performance.now();
  const { code, document } = await project.switch(...args);
  const returnedAtMs = performance.now();
  expect({ code, buildId: document.deployment.buildId }).toEqual({ code: 0, buildId: to });
  return { command: args[0] ?? "", from, to, calledAtMs, returnedAtMs, slow };
}

/** First answer of the new build and last of the old, among requests sent since the command was called. */
function rowOf(
  number: number,
  { command, from, to, calledAtMs, returnedAtMs }: SwitchOver,
  seen: readonly Seen[],
): string {
  const during = seen.filter(({ sentAtMs }) => sentAtMs > calledAtMs && sentAtMs < returnedAtMs);
  const answeredBy = (build: string): number[] =>
    during.filter(({ buildId }) => buildId === build).map(({ answeredAtMs }) => answeredAtMs);
  const after = (at: number): string => `${Math.round(at - calledAtMs)} ms`;
  return [
    `switch ${number} (${command})`,
    `last old answer ${after(Math.max(...answeredBy(from)))}`,
    `first new answer ${after(Math.min(...answeredBy(to)))}`,
    `command returned ${after(returnedAtMs)}`,
  ].join(", ");
}
