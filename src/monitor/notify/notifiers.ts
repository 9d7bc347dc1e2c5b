import type { Alert } from "../../advise/alert.ts";
import type { Notifier } from "../../config/monitor.ts";
import { CliError } from "../../errors.ts";
import { webhookBody } from "./body.ts";
import { postAlert } from "./webhook.ts";

/** Within a round. One that failed in the last round is tried once: a round that waits for it sees less of the app. */
const TRIES = 3;

/** Somebody who is told. */
export interface Channel {
  /** What the outbox calls it: without the URL, which may be a secret. */
  key: string;
  /** @returns null when it is delivered, else why not */
  deliver: (alert: Alert, signal: AbortSignal) => Promise<string | null>;
}

/**
 * The channels of a project.
 * @param variables of the environment and of .env.local, where URLs and keys are
 * @param print writes a line to stdout
 * @throws CliError BAD_CONFIG when a variable is not set, or its URL is none
 */
export function channelsOf(
  notifiers: readonly Notifier[],
  variables: Readonly<Record<string, string | undefined>>,
  print: (line: string) => void,
): Channel[] {
  return notifiers.map((notifier) =>
    notifier.kind === "stdout" ? stdoutChannel(print) : webhookChannel(notifier, variables),
  );
}

function stdoutChannel(print: (line: string) => void): Channel {
  return {
    key: "stdout",
    deliver: async (alert) => {
      print(JSON.stringify(alert));
      return null;
    },
  };
}

function webhookChannel(
  { urlEnv, secretEnv, format }: Extract<Notifier, { kind: "webhook" }>,
  variables: Readonly<Record<string, string | undefined>>,
): Channel {
  const url = needed(variables, urlEnv);
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new CliError("BAD_CONFIG", `${urlEnv} is not a URL that begins with https://`, {
      hint: `set ${urlEnv} to the address of the webhook`,
    });
  }
  const secret = secretEnv === undefined ? null : needed(variables, secretEnv);
  let isFailing = false;
  return {
    key: `webhook:${urlEnv}`,
    deliver: async (alert, signal) => {
      const post = { url, body: webhookBody(format, alert), id: alert.id ?? "", secret };
      const why = await postAlert(post, isFailing ? 1 : TRIES, signal);
      isFailing = why !== null;
      return why;
    },
  };
}

function needed(variables: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = variables[name] ?? "";
  if (value !== "") return value;
  throw new CliError("BAD_CONFIG", `${name} is not set, and monitor.notifiers of edge-ai.json needs it`, {
    hint: `set ${name} in the environment or in .env.local`,
  });
}
