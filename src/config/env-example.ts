/** The variables that a .env.example names, each sorted. */
export interface EnvExample {
  /** As NAME=. */
  required: string[];
  /** As # NAME=. */
  optional: string[];
}

const LISTED = /^\s*(?<comment>#\s*)?(?:export\s+)?(?<name>[A-Za-z_]\w*)\s*=/;

/** The names in the text of a .env.example. */
export function parseEnvExample(text: string): EnvExample {
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const groups = LISTED.exec(line)?.groups;
    return groups === undefined ? [] : [{ name: groups["name"] ?? "", isOptional: groups["comment"] !== undefined }];
  });
  const namesOf = (optional: boolean): string[] =>
    [...new Set(lines.filter(({ isOptional }) => isOptional === optional).map(({ name }) => name))].toSorted();
  const required = namesOf(false);
  return { required, optional: namesOf(true).filter((name) => !required.includes(name)) };
}
