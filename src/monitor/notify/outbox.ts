import type { MonitorState, Waiting } from "../state/schema.ts";
import type { Channel } from "./notifiers.ts";

/** What one delivery made of the outbox. */
export interface Delivered {
  outbox: Waiting[];
  /** A line for each channel that took nothing more. */
  problems: string[];
}

export interface DeliverOptions {
  known: ReadonlySet<string>;
  signal: AbortSignal;
  keep: (outbox: Waiting[]) => Promise<void>;
}

/**
 * Sends what waits, oldest first; a channel that refuses one gets no later one either, so that "resolved" never comes
 * before "firing". What a channel took is written down at once, before the next is sent: a process that is killed sends
 * at most one alert twice, with the same id.
 * @param channels those that are told now
 * @param options.known keys of all that are to be told at some time; what waits for others is dropped
 * @param options.keep writes the outbox
 */
export async function deliverAll(
  { outbox }: Pick<MonitorState, "outbox">,
  channels: readonly Channel[],
  { known, signal, keep }: DeliverOptions,
): Promise<Delivered> {
  const problems = outbox.some(({ to }) => to.some((key) => !known.has(key)))
    ? ["alerts for notifiers that are no longer in edge-ai.json are dropped"]
    : [];
  let left = outbox.map(({ alert, to }) => ({ alert, to: to.filter((key) => known.has(key)) })).filter(isWaiting);
  if (problems.length > 0) await keep(left);
  for (const { key, deliver } of channels) {
    const own = left.filter(({ to }) => to.includes(key));
    for (const [i, { alert }] of own.entries()) {
      if (signal.aborted) return { outbox: left, problems };
      const why = await deliver(alert, signal);
      if (why !== null) {
        problems.push(`${key}: ${why}; ${own.length - i} alert(s) wait for the next round`);
        break;
      }
      left = left
        .map((each) => (each.alert.id === alert.id ? { ...each, to: each.to.filter((to) => to !== key) } : each))
        .filter(isWaiting);
      await keep(left);
    }
  }
  return { outbox: left, problems };
}

function isWaiting({ to }: Waiting): boolean {
  return to.length > 0;
}
