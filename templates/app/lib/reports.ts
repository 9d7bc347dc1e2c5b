// create-edge-ai 0.1.0
const reports = new Map<string, () => unknown>();

/** Adds something to what `?deep=1` tells of this instance. Figures and states, no secrets and no texts. */
export function reportOn(name: string, report: () => unknown): void {
  reports.set(name, report);
}

/** All reports, by name. One that fails says so, and takes no other with it. */
export async function deepReport(): Promise<Record<string, unknown>> {
  const entries = [...reports].map(async ([name, report]) => {
    try {
      return [name, await report()] as const;
    } catch {
      return [name, "unknown"] as const;
    }
  });
  return Object.fromEntries(await Promise.all(entries));
}
