import { CliError } from "../errors.ts";
import { TARGETS_FILE } from "./files.ts";
import { routes, type RouteName } from "./parts.ts";

/** What the models of functions are: those of chat and classification write, those of embeddings do not. */
const modelKinds: Partial<Record<RouteName, "chat" | "embedding">> = {
  chat: "chat",
  classify: "chat",
  embeddings: "embedding",
};

/** True when some of these functions have a model. */
export function asksModels(chosen: readonly RouteName[]): boolean {
  return chosen.some((name) => modelKinds[name] !== undefined);
}

/** The functions of a project that ask its targets. @param read the text of a file of the project; null when there is none */
export async function routesThatAsk(read: (file: string) => Promise<string | null>): Promise<RouteName[]> {
  const found: RouteName[] = [];
  for (const name of ["chat", "classify", "embeddings"] as const) {
    const text = await read(routes[name].file);
    if (text !== null && /lib\/(?:chain|ask-label|targets)\.ts/.test(text)) found.push(name);
  }
  return found;
}

/**
 * An app has one list of targets: chat models make no embeddings, and embedding models do not write.
 * @throws CliError NO_TEMPLATE when functions would need both
 */
export function refuseMixedModels(chosen: readonly RouteName[], askedBefore: readonly RouteName[]): void {
  const all = [...askedBefore, ...chosen].flatMap((name) => modelKinds[name] ?? []);
  if (new Set(all).size < 2) return;
  throw new CliError(
    "NO_TEMPLATE",
    "embeddings and chat need models of different kinds, and an app has one list of targets",
    {
      hint: "make an app of its own for it",
    },
  );
}

/** What is said when a model was asked for that the list of targets does not have. */
export function otherTargets(model: string): CliError {
  return new CliError("USAGE", `${TARGETS_FILE} is there already, and does not name ${model}`, {
    hint: `put ${model} into ${TARGETS_FILE}, and leave --model out`,
  });
}
