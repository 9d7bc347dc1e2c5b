import { models } from "../data/models.ts";
import { CliError } from "../errors.ts";
import type { Plan } from "../plan/types.ts";
import { unfitInside } from "../scaffold/local-models.ts";

/** What lib/image-models.ts of the template knows. */
const IMAGE_MODEL = "flux.1-schnell";
/**
 * The model of an app: any that an endpoint knows by name, or one of the catalogue that the template can run itself.
 * @throws CliError NO_TEMPLATE
 */
export function appModel({ task, mode, model: { id } }: Plan): { id: string; hub: string } {
  if (id === null) {
    throw new CliError("NO_TEMPLATE", "an app needs a model, and only a size was given", {
      hint: "name one with --model, like --model all-minilm-l6-v2",
    });
  }
  const entry = models.find((each) => each.id === id);
  if (task === "image" && id !== IMAGE_MODEL) {
    throw new CliError(
      "NO_TEMPLATE",
      `nobody here knows what ${id} is called at fal.ai, and a guess could cost money`,
      {
        hint: `take --model ${IMAGE_MODEL}, and name others in lib/image-models.ts`,
      },
    );
  }
  if (mode !== "local") return { id, hub: entry?.hub ?? id };
  if (entry === undefined) {
    throw new CliError(
      "NO_TEMPLATE",
      `${id} is not in the catalogue, so that nobody knows how to run it in a function`,
      {
        hint: "take a model of the catalogue, or an endpoint that has it: --mode hybrid",
      },
    );
  }
  const unfit = unfitInside(task, entry);
  if (unfit !== null) throw new CliError("NO_TEMPLATE", unfit.why, { hint: unfit.hint });
  return { id, hub: entry.hub };
}
