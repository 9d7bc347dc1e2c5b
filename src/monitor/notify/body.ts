import type { Alert } from "../../advise/alert.ts";
import type { Notifier } from "../../config/monitor.ts";

type Format = Extract<Notifier, { kind: "webhook" }>["format"];

/** The body of a webhook: the alert as it is, or a message that Slack and those that copy it show. */
export function webhookBody(format: Format, alert: Alert): string {
  return JSON.stringify(format === "json" ? alert : { text: slackText(alert) });
}

const MARKS = { pending: "", firing: ":red_circle: ", resolved: ":large_green_circle: " } as const;

function slackText({ state, rule, text, remedies = [], rollbackTo }: Alert): string {
  return [
    `${MARKS[state]}${escaped(text ?? `${rule} is ${state}`)}`,
    ...remedies.map((remedy) => `• ${escaped([remedy.text, ...remedy.effects].join(" — "))}`),
    ...(typeof rollbackTo === "string" ? [`Back to the last good deployment: \`edge-ai rollback ${rollbackTo}\``] : []),
  ].join("\n");
}

/** The three characters Slack gives a meaning (docs.slack.dev, "Formatting message text"; from memory, 2026-11-23). */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
