/** The steps of a release, in order. */
const steps = {
  anchor: { text: "note which deployment production is now", productionOnly: false },
  preflight: { text: "check that the project is ready", productionOnly: false },
  build: { text: "build what is deployed", productionOnly: false },
  smoke: { text: "start every function in isolation and ask each probe once", productionOnly: false },
  stage: { text: "make a deployment that takes no production traffic", productionOnly: false },
  gate: { text: "measure it against its SLOs", productionOnly: false },
  promote: { text: "make it production", productionOnly: true },
  watch: { text: "measure production; go back when it is sick", productionOnly: true },
} as const satisfies Record<string, { text: string; productionOnly: boolean }>;

export type StepName = keyof typeof steps;

/** What a release with these options does, in order. `--dry-run` prints it, `deploy` goes by it. */
export function plannedSteps({
  production,
  gate,
}: {
  production: boolean;
  gate: boolean;
}): { name: StepName; text: string }[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of `steps` are StepName
  return (Object.entries(steps) as [StepName, (typeof steps)[StepName]][])
    .filter(([name, step]) => (production || !step.productionOnly) && (gate || (name !== "gate" && name !== "watch")))
    .map(([name, { text }]) => ({ name, text }));
}
