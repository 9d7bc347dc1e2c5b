import type { DeploymentRecord, LocalState } from "./state.ts";

/** Which deployments stay, by id: `running` ones have processes, `kept` ones are on disk. */
export interface Keep {
  running: ReadonlySet<string>;
  kept: ReadonlySet<string>;
}

/** So many are on disk at least, if there were as many. */
const KEPT = 3;

/**
 * Current, the one before it, and the newest staged one run. The one before that stays on disk, so that two rollbacks in a
 * row have somewhere to go. "Before" follows knownGood, which skips releases that were rolled back from. After going back
 * that chain is short: the newest of the others stay, to be promoted again.
 */
export function whatToKeep({ current, deployments }: Pick<LocalState, "current" | "deployments">): Keep {
  const [now, previous, third] = knownGoodChain(current, deployments);
  const staged = deployments.at(-1)?.id;
  const running = new Set([now, previous, staged].filter((id) => id !== undefined));
  const kept = new Set([...running, ...(third === undefined ? [] : [third])]);
  for (const { id } of deployments.toReversed()) {
    if (kept.size >= KEPT) break;
    kept.add(id);
  }
  return { running, kept };
}

/** A deployment, its known-good one, that one's known-good one, and so on. */
function knownGoodChain(start: string | null, deployments: readonly DeploymentRecord[]): string[] {
  const chain: string[] = [];
  let id = start;
  while (id !== null && !chain.includes(id)) {
    const record = deployments.find((each) => each.id === id);
    if (record === undefined) break;
    chain.push(id);
    id = record.knownGood;
  }
  return chain;
}
