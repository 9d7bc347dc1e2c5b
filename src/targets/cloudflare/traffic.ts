import { CliError } from "../../errors.ts";
import type { Traffic } from "./answers.ts";
import { shareNote } from "./notes.ts";

/** The version that production is: the one with all traffic, or the older one of a share that edge-ai began. */
export function carrierOf({ shares, message }: Traffic): string {
  const from = shareNote(message)?.from;
  const carrier = shares.find(({ id }) => id === from) ?? shares.find(({ percentage }) => percentage === 100);
  if (carrier === undefined) throw new Error("a deployment of one version gives it all traffic");
  return carrier.id;
}

/** @throws CliError BUSY when two versions share the traffic and edge-ai did not begin that */
export function refuseForeignSplit(traffic: Traffic): Traffic {
  const served = traffic.shares.filter(({ percentage }) => percentage > 0);
  const note = shareNote(traffic.message);
  const isOwn = note !== null && traffic.shares.every(({ id }) => id === note.of || id === note.from);
  if (served.length < 2 || isOwn) return traffic;
  throw new CliError(
    "BUSY",
    `production is split between ${sharesText(served)}, by somebody else: it is not ended from here`,
    {
      hint: "end it first: npx wrangler versions deploy <version>@100%",
    },
  );
}

/** @throws CliError BUSY when another release of ours has a part of the traffic: it runs, or was interrupted */
export function refuseOtherShare(traffic: Traffic, id: string): Traffic {
  const carrier = carrierOf(traffic);
  const other = traffic.shares.find((share) => share.percentage > 0 && share.id !== id && share.id !== carrier);
  if (other === undefined) return traffic;
  throw new CliError(
    "BUSY",
    `${other.id} has ${other.percentage} % of the traffic: its release runs, or was interrupted`,
    {
      hint: "wait for it; or deploy that build again, which goes on; or edge-ai rollback --target cloudflare, which takes it back",
    },
  );
}

/** True when that version has all traffic, and no other one has a place. */
export function isAlone({ shares }: Traffic, id: string): boolean {
  return shares.some((share) => share.id === id && share.percentage === 100) && shares.length === 1;
}

/** True when each wanted version has its share; what has none need not be named. */
export function isSame(shares: Traffic["shares"], wanted: Traffic["shares"]): boolean {
  const had = new Map(shares.map(({ id, percentage }) => [id, percentage]));
  return wanted.every(({ id, percentage }) => (had.get(id) ?? 0) === percentage);
}

/** The shares in words. */
export function sharesText(shares: Traffic["shares"]): string {
  return shares.length === 0 ? "nothing" : shares.map(({ id, percentage }) => `${id} at ${percentage} %`).join(", ");
}
