import type { Fact } from "../data/fact.ts";
import type { PlatformFact, PlatformFacts, PlatformName } from "../data/platforms.ts";
import { formatBytes, formatMs } from "../plan/format.ts";
import { factFigure, notPublished, published, saidBy, told, type Cell, type Figure } from "./cell.ts";

/** A question, and what each platform answers. */
export interface Row {
  id: string;
  title: string;
  cells: Record<PlatformName, Cell>;
}

type Platforms = Record<PlatformName, PlatformFacts>;

/** What is asked of a platform, whatever the app. Each answer is made of its dated facts alone. */
const questions: readonly { id: string; title: string; answer: (facts: PlatformFacts) => Cell }[] = [
  { id: "regions", title: "regions", answer: regions },
  { id: "cities", title: "cities", answer: ({ cities }) => published`${count(cities)} with a point of presence` },
  { id: "memory", title: "memory", answer: memory },
  { id: "vcpus", title: "vCPUs", answer: vcpus },
  { id: "bundle", title: "bundle", answer: bundle },
  { id: "duration", title: "duration", answer: duration },
  { id: "cpu-time", title: "CPU time", answer: cpuTime },
  { id: "cpu-billing", title: "billed", answer: ({ billing }) => told(billing) },
  { id: "native-modules", title: "native modules", answer: (facts) => told(facts.nativeModules) },
  {
    id: "request-body",
    title: "request body",
    answer: ({ requestBodyBytes }) => published`${bytes(requestBodyBytes)} at most`,
  },
  { id: "start-up", title: "start-up", answer: startUp },
  { id: "concurrency", title: "requests at once", answer: concurrency },
  {
    id: "connections",
    title: "open connections",
    answer: ({ openConnections }) => published`${count(openConnections)} at once in one instance`,
  },
  { id: "environment", title: "environment", answer: environment },
  { id: "rollback", title: "rollback", answer: rollback },
];

/** A row for each question. */
export function platformRows({ vercel, cloudflare }: Platforms): Row[] {
  return questions.map(({ id, title, answer }) => ({
    id,
    title,
    cells: { vercel: answer(vercel), cloudflare: answer(cloudflare) },
  }));
}

function regions({ regions: all, defaultPlaces, cities, defaultRegions }: PlatformFacts): Cell {
  if (all === null) return saidBy(cities, "none to choose: the code runs in every city");
  const where = defaultRegions.join(", ");
  const cell = published`${count(all)} to choose from, ${count(defaultPlaces)} by default (REGION); several need a paid plan`;
  return { ...cell, text: cell.text.replace("REGION", where) };
}

function memory({ defaultMemoryMb, maxMemoryMb }: PlatformFacts): Cell {
  if (defaultMemoryMb.value === maxMemoryMb.value)
    return published`${megabytes(maxMemoryMb)}, shared by what runs at once`;
  return published`${megabytes(defaultMemoryMb)}; up to ${megabytes(maxMemoryMb)} on a paid plan`;
}

function vcpus({ defaultVcpus, maxVcpus }: PlatformFacts): Cell {
  if (defaultVcpus.value === maxVcpus.value) return published`${count(maxVcpus)}`;
  return published`${count(defaultVcpus)}; up to ${count(maxVcpus)} on a paid plan`;
}

function bundle({ bundleBytes, largeBundleBytes }: PlatformFacts): Cell {
  if (largeBundleBytes === null) return published`${bytes(bundleBytes)}, not compressed`;
  return published`${bytes(bundleBytes)}, not compressed; ${bytes(largeBundleBytes)} in beta`;
}

function duration({
  maxDurationSeconds: most,
  paidDurationSeconds: paid,
  betaDurationSeconds: beta,
  ...facts
}: PlatformFacts): Cell {
  if (most === null || paid === null || beta === null) {
    return saidBy(facts.cpuMs?.atMost ?? facts.bundleBytes, "no limit while the client waits");
  }
  return published`${seconds(most)} on every plan, ${seconds(paid)} on a paid one, ${seconds(beta)} in beta`;
}

function cpuTime({ cpuMs, maxDurationSeconds, bundleBytes }: PlatformFacts): Cell {
  if (cpuMs === null) return saidBy(maxDurationSeconds ?? bundleBytes, "no limit of its own: the duration counts");
  const { free, byDefault, atMost } = cpuMs;
  return published`${ms(byDefault)} a request, ${ms(atMost)} at most; ${ms(free)} on the free plan`;
}

function startUp({ startUpMs }: PlatformFacts): Cell {
  return startUpMs === null
    ? notPublished()
    : published`${ms(startUpMs)} at most to load the code and run its global scope`;
}

function concurrency({ concurrency: most }: PlatformFacts): Cell {
  return most === null ? notPublished() : published`${count(most)} in flight, over all instances`;
}

function environment({ env: { variables, freeVariables, bytes: size, bytesOf } }: PlatformFacts): Cell {
  if (bytesOf === "all" || freeVariables === null)
    return published`${count(variables)} variables, ${bytes(size)} together`;
  return published`${count(variables)} variables (${count(freeVariables)} on the free plan), ${bytes(size)} each`;
}

function rollback({ rollback: { free, paid } }: PlatformFacts): Cell {
  if (paid === null)
    return published`${count(free)} release back on the free plan; any that was production on a paid one`;
  return published`any of the last ${count(paid)} versions`;
}

function count(fact: PlatformFact): Figure {
  return factFigure(fact, "", fact.value.toLocaleString("en-US"));
}

function megabytes(fact: Fact): Figure {
  return factFigure(fact, "MB", `${fact.value.toLocaleString("en-US")} MB`);
}

function bytes(fact: Fact): Figure {
  return factFigure(
    fact,
    "bytes",
    fact.value < 1e6 ? `${fact.value / 1e3} kB` : formatBytes(fact.value).replace(".0 ", " "),
  );
}

function seconds(fact: Fact): Figure {
  return factFigure(fact, "s", `${fact.value.toLocaleString("en-US")} s`);
}

function ms(fact: Fact): Figure {
  return factFigure(fact, "ms", formatMs(fact.value));
}
