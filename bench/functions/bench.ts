import { median } from "../measure.ts";
import { Child } from "./child.ts";
import { DIRECT, type Contender } from "./contenders.ts";
import { loadReport, usage, type LoadReport } from "./protocol.ts";

const HANDLER = import.meta.resolve("./serve-handler.ts");
const PROVIDER = import.meta.resolve("./provider.ts");
const LOAD = import.meta.resolve("./load.ts");
/** As long as it takes until a round is no faster than the one before. */
const WARM_UP_SECONDS = 3;
const ROUND_SECONDS = 2;
/** A round has to be long against an answer of 0.4 s. */
const PACED_SECONDS = 4;
/** A model of 50 tokens a second. */
const PACE_MS = 20;

/** Nothing is in the way of what is measured: no limit is reached, and no line of usage is waited for. */
const ENV = {
  AI_API_KEY: "bench-key",
  AI_MODEL: "main-model",
  APP_API_KEYS: "another-key,bench-key",
  RATE_LIMIT_PER_MINUTE: "60000",
  RATE_LIMIT_BURST: "1000000",
};

/** Medians of the rounds. Times in ms. */
export interface Streams extends Figures {
  name: string;
  /** What is compared is compared within a round. */
  rounds: readonly Figures[];
}

interface Figures {
  perSecond: number;
  p50: number;
  p95: number;
  firstContentP50: number;
  firstContentP95: number;
  /** Of the handler's process; NaN without one. */
  cpuMsEach: number;
}

type Lane = Pick<Contender, "name" | "form"> & { url: string; handler: Child | null };

/** The processes of a comparison: upstream, load, and a handler for each contender. */
export class Bench {
  readonly #children: Child[];
  readonly #load: Child;
  readonly #lanes: readonly Lane[];
  readonly #contenders: readonly Contender[];

  private constructor(children: Child[], load: Child, lanes: readonly Lane[], contenders: readonly Contender[]) {
    this.#children = children;
    this.#load = load;
    this.#lanes = lanes;
    this.#contenders = contenders;
  }

  static async start(contenders: readonly Contender[], paceMs = 0): Promise<Bench> {
    const provider = await Child.start(PROVIDER, [String(paceMs)]);
    const load = await Child.start(LOAD);
    const children = [provider, load];
    const lanes: Lane[] = [{ name: DIRECT, form: "sse", url: `${provider.url}/chat/completions`, handler: null }];
    for (const { name, form, bundle } of contenders) {
      const handler = await Child.start(HANDLER, [bundle], { ...ENV, AI_BASE_URL: provider.url });
      children.push(handler);
      lanes.push({ name, form, url: `${handler.url}/api/chat`, handler });
    }
    const bench = new Bench(children, load, lanes, contenders);
    for (const lane of lanes) await bench.#run(lane, 32, WARM_UP_SECONDS);
    return bench;
  }

  /** Streams as fast as they come, A B C, A B C …, so that what else the machine does hits all alike. */
  async streams(lanes: number, rounds: number, seconds: number = ROUND_SECONDS): Promise<Streams[]> {
    const all = new Map<string, Figures[]>(this.#lanes.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const lane of this.#lanes) all.get(lane.name)?.push(await this.#run(lane, lanes, seconds));
    }
    return [...all].map(([name, each]) => ({
      name,
      rounds: each,
      ...medians(each),
    }));
  }

  /** The same at the pace of a model. */
  async pacedStreams(lanes: number, rounds: number): Promise<Streams[]> {
    const paced = await Bench.start(this.#contenders, PACE_MS);
    try {
      return await paced.streams(lanes, rounds, PACED_SECONDS);
    } finally {
      paced.stop();
    }
  }

  async #run({ form, url, handler }: Lane, lanes: number, seconds: number): Promise<Figures> {
    const before = await handler?.ask({}, usage);
    const report = await this.#load.ask({ url, lanes, seconds, form }, loadReport);
    const after = await handler?.ask({}, usage);
    return {
      ...figures(report),
      cpuMsEach: ((after?.cpuMs ?? Number.NaN) - (before?.cpuMs ?? Number.NaN)) / report.requests,
    };
  }

  stop(): void {
    for (const child of this.#children) child.stop();
  }
}

function figures({ perSecond, totalMs, firstContentMs }: LoadReport): Omit<Figures, "cpuMsEach"> {
  return {
    perSecond,
    p50: quantile(totalMs, 0.5),
    p95: quantile(totalMs, 0.95),
    firstContentP50: quantile(firstContentMs, 0.5),
    firstContentP95: quantile(firstContentMs, 0.95),
  };
}

function medians(rounds: readonly Figures[]): Figures {
  const of = (key: keyof Figures): number => median(rounds.map((round) => round[key]));
  return {
    perSecond: of("perSecond"),
    p50: of("p50"),
    p95: of("p95"),
    firstContentP50: of("firstContentP50"),
    firstContentP95: of("firstContentP95"),
    cpuMsEach: of("cpuMsEach"),
  };
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}
