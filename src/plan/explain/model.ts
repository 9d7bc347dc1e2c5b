import { modelsCheckedAt } from "../../data/models.ts";
import type { Explained } from "../../explain.ts";
import { sizeClasses } from "../size-class.ts";
import type { Draft } from "../plan.ts";
import { given } from "./entry.ts";

/** The size of the model, and the table that it is looked up in. */
export function explainModel({ model, judged }: Draft): Explained[] {
  const { params, activeParams, labelParams, confidence, entry } = model;
  const day = confidence === "catalogue" || confidence === "family" ? modelsCheckedAt : null;
  // The catalogue's source ends with its date.
  const source = model.source.replace(` (${day})`, "");
  const table = "edge-ai's table of sizes: under 1B local, 1B to 7B hybrid, over 7B external";
  const bytes = judged.local.situation.local?.candidate;
  return [
    given("parameters", params, "parameters", source, day),
    ...(activeParams === null ? [] : [given("active parameters", activeParams, "parameters", source, day)]),
    ...(labelParams === null
      ? []
      : [given("parameters by name", labelParams, "parameters", "the size in the model's name", null)]),
    given("small is under", sizeClasses.small.maxParams, "parameters", table, null),
    given("medium is at most", sizeClasses.medium.maxParams, "parameters", table, null),
    ...(entry?.context == null ? [] : [given("context", entry.context, "tokens", source, day)]),
    ...(bytes === undefined || bytes.source === "formula"
      ? []
      : [
          given(
            "weights",
            bytes.bytes,
            "bytes",
            `the file of ${bytes.dtype} weights: ${bytes.source}`,
            modelsCheckedAt,
          ),
        ]),
  ];
}
