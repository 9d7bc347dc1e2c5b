// Loaded only for a probe with expect.schema: 195 kB.
import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js";

/**
 * Compiles a JSON schema of draft 2020-12. Unknown keywords are errors, since a typo would let every answer pass; `format` is
 * an annotation, as the draft has it; schemas from elsewhere are not fetched.
 * zod's fromJSONSchema was not taken: without `type` it ignores `properties` and `required`, and it lacks `not` and `if`.
 * @returns a check: what the value breaks ("the answer/data must have required property 'x'"), or null
 * @throws Error when it is not such a schema
 */
export function schemaCheck(schema: AnySchemaObject): (value: unknown) => string | null {
  const ajv = new Ajv2020({
    strict: true,
    // Those are advice on style: `required` without `properties` is a good schema.
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    validateFormats: false,
    logger: false,
  });
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? null : ajv.errorsText(validate.errors, { dataVar: "the answer" }));
}
