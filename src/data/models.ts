import type { Catalogue, Model } from "./models-schema.ts";
import file from "./models.json" with { type: "json" };

// True because test/unit/data/models.test.ts parses this very file with the strict schema that Catalogue is made of.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const catalogue = file as Catalogue;

/** Every model we know sizes of. */
export const models: readonly Model[] = catalogue.models;
export const modelsCheckedAt: string = catalogue.checkedAt;
