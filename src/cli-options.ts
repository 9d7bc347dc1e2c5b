import { Option, type Command } from "commander";
import { modes, targetNames, tasks } from "./config/words.ts";
import { CliError } from "./errors.ts";
import {
  parseBytes,
  parseChoice,
  parseFraction,
  parseMilliseconds,
  parseParams,
  parsePositive,
  parseText,
  parseTime,
  parseWhole,
} from "./quantities.ts";

/** Flags that several commands share. With cli.ts the only user of commander. */

/** What is asked of a model, and of what: plan, cost and compare take the same. */
export function withWorkload(command: Command): Command {
  return withModel(command)
    .option("--concurrency <n>", "requests at once in one instance", parseWhole("--concurrency", 1, 1_000))
    .option("--rps <n>", "requests a second to serve at the busiest time", parsePositive("--rps", 1e6))
    .option("--monthly-requests <n>", "requests a month", parseWhole("--monthly-requests", 1, 1e12))
    .option("--tokens-in <n>", "tokens a request sends", parseWhole("--tokens-in", 1, 1e7))
    .option("--tokens-out <n>", "tokens an answer has", parseWhole("--tokens-out", 1, 1e6))
    .option("--no-stream", "chat without streaming: the budget is for the whole answer")
    .option("--no-third-party", "requests may not leave your own platform and endpoint: forbids external mode")
    .option("--memory <MB>", "memory of a function", parseWhole("--memory", 128, 1e6))
    .option("--vcpus <n>", "vCPUs of a function", parsePositive("--vcpus", 64))
    .option("--cold-start-budget <ms>", "longest cold start that is fine", parseMilliseconds("--cold-start-budget"))
    .option("--budget <usd>", "most to spend a month", parsePositive("--budget", 1e9))
    .option("--offline", "do not ask the Hugging Face Hub about a model that is not in the catalogue")
    .option("--explain", "say of every number where it comes from: formula, inputs, sources");
}

/** Limits of a health check; each wins over slo in edge-ai.json. */
export function withLimits(command: Command): Command {
  return command
    .option("--p50 <ms>", "limit for p50", parseMilliseconds("--p50"))
    .option("--p95 <ms>", "limit for p95", parseMilliseconds("--p95"))
    .option("--p99 <ms>", "limit for p99", parseMilliseconds("--p99"))
    .option("--max <ms>", "limit for the slowest", parseMilliseconds("--max"))
    .option("--first-token <ms>", "limit for p95 of the first token", parseMilliseconds("--first-token"))
    .option("--cold-start <ms>", "limit for the first request", parseMilliseconds("--cold-start"))
    .option("--error-rate <share>", "limit for errors, like 1%", parseFraction("--error-rate"))
    .option("--throughput <n>", "good responses a second to reach", parsePositive("--throughput", 1e5))
    .option("--cost-per-request <usd>", "limit for the mean cost", parsePositive("--cost-per-request", 1e3))
    .option(
      "--baseline <file or url>",
      "an earlier run, or another deployment, to be no worse than",
      parseText("--baseline"),
    )
    .option("--tolerance <share>", "how much worse is fine; default 20%", parseFraction("--tolerance"));
}

/** What a health check sends. */
export function withLoad(command: Command): Command {
  return command
    .option("--rate <n>", "requests a second to send", parsePositive("--rate", 1e5))
    .option("--ramp <time>", "time in which the rate climbs", parseTime("--ramp"))
    .option(
      "--concurrency <n>",
      "closed loop: connections that wait for their answers",
      parseWhole("--concurrency", 1, 1_000),
    )
    .option("--duration <time>", "longest time to send, like 30s", parseTime("--duration"))
    .option("--min-duration <time>", "shortest time to send, however clear the verdict", parseTime("--min-duration"))
    .option(
      "--max-requests <n>",
      "most requests to measure; up to a quarter more warm up",
      parseWhole("--max-requests", 1, 100_000),
    )
    .option("--max-bytes <n>", "most bytes to receive, like 50MB", parseBytes("--max-bytes"))
    .option("--max-cost <usd>", "most to spend on paid routes; default 1", parsePositive("--max-cost", 1e6))
    .option("--timeout <time>", "a request without an answer by then is an error", parseTime("--timeout"))
    .option("--path <path>", "route to check instead of the configured probes", parseText("--path"))
    .option(
      "--method <method>",
      "method for --path",
      parseChoice("--method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]),
    )
    .option("--body <json>", "JSON body for --path; {{n}} becomes a number no other request has")
    .addOption(new Option("--header <name:value>", "header to send; repeat for more").argParser(collect).default([]))
    .option("--expect-build <id>", "build id that has to answer", parseText("--expect-build"))
    .option("--monthly-requests <n>", "for the monthly cost", parseWhole("--monthly-requests", 1, 1e12));
}

/** Where else the result of a health check goes. */
export function withReports(command: Command): Command {
  return command
    .option("--save <file>", "keep the run, for --baseline", parseText("--save"))
    .option("--junit <file>", "write a JUnit report", parseText("--junit"))
    .option("--html <file>", "write a report as one web page", parseText("--html"))
    .option("--github", "report to the GitHub Actions step: summary, annotations, outputs")
    .option(
      "--export <engine>",
      "print a load script for k6 or artillery instead",
      parseChoice("--export", ["k6", "artillery"]),
    );
}

/** The flags that describe a model and what is asked of it. */
export function withModel(command: Command): Command {
  return command
    .option("--task <task>", `what it does: ${tasks.join(", ")}`, parseChoice("--task", tasks))
    .option("--model <id>", "catalogue id, Hub id or family name", parseText("--model"))
    .option("--params <count>", "size of the model, like 360M or 0.5B", parseParams)
    .option("--latency-budget <ms>", "p95 budget; for chat, to the first token", parseMilliseconds("--latency-budget"))
    .option("--mode <mode>", `where it runs: ${modes.join(", ")}`, parseChoice("--mode", modes))
    .option(
      "--target <target>",
      `where it is deployed: ${targetNames.join(", ")}`,
      parseChoice("--target", targetNames),
    )
    .option("--regions <list>", "regions of the functions, like iad1,fra1, or global", parseList);
}

export function withTarget(command: Command): Command {
  const choice = parseChoice("--target", targetNames);
  return withJson(command)
    .option("--target <target>", `${targetNames.join(", ")}; default: the one of edge-ai.json`, choice)
    .option(
      "--timeout <time>",
      "longest one command of the platform's own CLI may take, like 5m (default: 10m)",
      parseTime("--timeout"),
    );
}

export function withGitHub(command: Command): Command {
  return command.option("--github", "report to the GitHub Actions step: summary, outputs, .edge-ai/report.md");
}

export function withJson(command: Command): Command {
  return command.option("--json", "print one JSON document on stdout");
}

function parseList(text: string): string[] {
  const items = text.split(",").map((item) => item.trim());
  if (items.some((item) => item === ""))
    throw new CliError("USAGE", `a list cannot be ${JSON.stringify(text)}`, { hint: "separate the items with commas" });
  return items;
}

export function collect(value: string, all: string[]): string[] {
  return [...all, value];
}
