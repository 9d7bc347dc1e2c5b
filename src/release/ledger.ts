import fs from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../errors.ts";

/** What happened to a deployment. */
export interface LedgerEvent {
  /** ISO 8601. */
  at: string;
  target: string;
  event: "staged" | "passed" | "refused" | "promoted" | "healthy" | "sick" | "rolling-back-to" | "rolled-back-from";
  id: string;
  buildId: string;
  /** Of "rolling-back-to": what production was before. */
  from?: string;
}

/** The log of releases, .edge-ai/releases.jsonl: a line per event. Only a memory aid: a CI runner forgets it. */
export class Ledger {
  readonly #file: string;

  constructor(projectDir: string) {
    this.#file = path.join(projectDir, ".edge-ai", "releases.jsonl");
  }

  async append(event: LedgerEvent): Promise<void> {
    await fs.mkdir(path.dirname(this.#file), { recursive: true });
    // A crash may have cut the last line short: it must not swallow this one.
    const text = await this.#text();
    const separator = text === "" || text.endsWith("\n") ? "" : "\n";
    await fs.appendFile(this.#file, `${separator}${JSON.stringify(event)}\n`);
  }

  /** All events, oldest first. A line that was cut short by a crash is left out. */
  async read(): Promise<LedgerEvent[]> {
    return (await this.#text()).split("\n").flatMap(parseLine);
  }

  /** Whether it was watched as production to the end and found healthy, and nobody went back from it since. */
  async isHealthy(id: string): Promise<boolean> {
    const events = await this.read();
    const told = events.findLast((each) => each.id === id && isAboutHealth(each));
    return told?.event === "healthy";
  }

  /** Whether it was made production here, and its watch has not come to an end since. */
  async isUnwatched(id: string): Promise<boolean> {
    const told = (await this.read()).findLast((each) => each.id === id && each.event in endsWatch);
    return told !== undefined && endsWatch[told.event] === false;
  }

  /** Whether production went back from it or should have, and nobody has found it healthy since. */
  async isSuspect(id: string): Promise<boolean> {
    const told = (await this.read()).findLast((each) => each.id === id && isAboutHealth(each));
    return told !== undefined && told.event !== "healthy";
  }

  /** Whether a gate or a watch let it pass, and nothing spoke against it since. */
  async hasPassed(id: string): Promise<boolean> {
    const told = (await this.read()).findLast((each) => each.id === id && each.event in verdictOf);
    return told !== undefined && verdictOf[told.event] === true;
  }

  /** What was being left by a rollback to this deployment that did not come to its end, as far as one knows. */
  async rollbackLeftOpen(target: string, id: string): Promise<string | null> {
    const last = (await this.read()).findLast(
      ({ event, ...each }) => each.target === target && (event === "rolling-back-to" || event === "promoted"),
    );
    return last?.event === "rolling-back-to" && last.id === id ? (last.from ?? null) : null;
  }

  async #text(): Promise<string> {
    try {
      return await fs.readFile(this.#file, "utf8");
    } catch (error) {
      if (systemCode(error) === "ENOENT") return "";
      throw error;
    }
  }

  /**
   * Whether the last thing that happened to a deployment is that a gate refused it, or that production went back from it. The
   * same build is staged anew then: its variables may have changed, and a deployment keeps those it was made with.
   */
  async wasTurnedDown(id: string): Promise<boolean> {
    const last = (await this.read()).findLast((event) => event.id === id)?.event;
    return last === "rolled-back-from" || last === "refused";
  }
}

/** What an event says about whether the deployment may be production; the others say nothing. */
const verdictOf: Partial<Record<LedgerEvent["event"], boolean>> = {
  passed: true,
  healthy: true,
  refused: false,
  sick: false,
  "rolled-back-from": false,
};

/** Whether the watch of a release is over with an event. One that found it sick has still to go back. */
const endsWatch: Partial<Record<LedgerEvent["event"], boolean>> = {
  promoted: false,
  sick: false,
  healthy: true,
  "rolled-back-from": true,
};

function isAboutHealth({ event }: LedgerEvent): boolean {
  return event === "healthy" || event === "sick" || event === "rolled-back-from";
}

function parseLine(line: string): LedgerEvent[] {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- append() of this class wrote the line, whole
    return line === "" ? [] : [JSON.parse(line) as LedgerEvent];
  } catch {
    return [];
  }
}
