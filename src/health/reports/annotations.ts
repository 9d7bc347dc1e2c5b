/** One line at the top of a workflow run. */
export interface Annotation {
  level: "error" | "warning";
  title: string;
  text: string;
}

/** GitHub shows 10 of each kind in a step and 50 in a job; more than 10 nobody reads. */
const MOST = 10;

/** Workflow commands for GitHub Actions, errors first, at most 10: the last one then says how many are missing. */
export function annotate(annotations: readonly Annotation[]): string[] {
  const all = annotations.toSorted((a, b) => a.level.localeCompare(b.level));
  if (all.length <= MOST) return all.map(command);
  const rest: Annotation = {
    level: "warning",
    title: "health check",
    text: `${all.length - MOST + 1} more: see the log`,
  };
  return [...all.slice(0, MOST - 1), rest].map(command);
}

function command({ level, title, text }: Annotation): string {
  return `::${level} title=${escapeProperty(title)}::${escapeData(text)}`;
}

/** As @actions/core escapes what comes after the second `::`; control characters go. */
function escapeData(text: string): string {
  const plain = text.replaceAll(/[^\P{Cc}\r\n]|\p{Cs}/gu, "");
  return plain.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** As @actions/core escapes a property of a workflow command. */
function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
