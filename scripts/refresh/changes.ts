/** What a refresh did, in sentences. */
export interface Refreshed {
  changed: string[];
  /** What cannot be refreshed by a program. */
  forPeople: string[];
}

/** The network did not answer: nothing can be refreshed. */
export class Unreachable extends Error {
  constructor(url: string, cause: unknown) {
    super(`${new URL(url).origin} cannot be reached`, { cause });
  }
}

/** @returns the JSON of a page; null when there is no such page. @throws Unreachable */
export async function readJson(url: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(30_000) }).catch((error: unknown) => {
    throw new Unreachable(url, error);
  });
  if (response.status === 404 || response.status === 401) return null;
  if (!response.ok) throw new Unreachable(url, new Error(`status ${response.status}`));
  return response.json();
}
