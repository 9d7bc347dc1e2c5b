import { Command, CommanderError, Option } from "commander";
import pkg from "../package.json" with { type: "json" };
import { modes, packageManagers, targetNames, tasks } from "./config/words.ts";
import { commandSecrets } from "./command-secrets.ts";
import { CliError, errorCodes, Interrupted, knownError, messageOf, signalExits } from "./errors.ts";
import { guardIo } from "./guarded-io.ts";
import { answer, say, type Io } from "./io.ts";
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

/**
 * Runs one command line.
 * @returns the exit code: 0 yes, 1 no, 2 could not run, 3 inconclusive, 129, 130 and 143 after a signal
 */
export async function main(args: readonly string[], given: Io): Promise<number> {
  const { io, learn, flush } = guardIo(given);
  let exitCode = 0;
  const program = createProgram(io, (code) => {
    exitCode = code;
  });
  program.hook("preAction", async (_program, command) => learn(await secretsOf(io, command)));
  if (args.length === 0) {
    say(io, program.helpInformation());
    return errorCodes.USAGE.exit;
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    return report(io, error, args.includes("--json"));
  } finally {
    flush();
  }
}

/** The secrets of the project that a command is about, and of its flags. They are known before it says anything. */
function secretsOf({ cwd }: Io, command: Command): Promise<string[]> {
  const named = command.registeredArguments.findIndex((argument) => argument.name() === "dir");
  return commandSecrets({ cwd, dir: command.args[named], ...command.opts<{ dotenv?: string; header?: string[] }>() });
}

/** Every command and flag. What a command does is loaded when it is called. */
function createProgram(io: Io, setExit: (code: number) => void): Command {
  const program = new Command("edge-ai")
    .description("Takes an AI model from its name to a healthy production URL.")
    .version(pkg.version, "-v, --version")
    .helpOption("-h, --help")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: () => undefined });

  withModel(withJson(program.command("create")))
    .description("make a project")
    .argument("[dir]", "folder of the new project")
    .option("--pm <name>", `package manager: ${packageManagers.join(", ")}`, parseChoice("--pm", packageManagers))
    .option("--no-install", "do not install dependencies")
    .option("--no-git", "do not make a git repository")
    .option("-y, --yes", "take the default for every open question")
    .option("--deploy", "release it at once, as edge-ai deploy --prod does")
    .option("--dry-run", "print what would be made, write nothing")
    .action(async (dir, options) =>
      setExit(await (await import("./commands/create.ts")).createCommand(io, { dir, ...options })),
    );

  withJson(program.command("add"))
    .description("add functions or options to a project")
    .argument(
      "<parts...>",
      "chat, image, embeddings, classify, batch, prefetch, or an option like auth, cache, rate-limit",
    )
    .option("--dir <dir>", "the project", ".")
    .option("--mode <mode>", `where the model runs: ${modes.join(", ")}`, parseChoice("--mode", modes))
    .option("--model <id>", "the model of an added function", parseText("--model"))
    .option("--dry-run", "print what would be written, write nothing")
    .action(async (parts: string[], options) =>
      setExit(await (await import("./commands/add.ts")).addCommand(io, parts, options)),
    );

  withModel(withJson(program.command("plan")))
    .description("say where a model should run, and why")
    .argument("[model]", "the same as --model")
    .option("--concurrency <n>", "requests at once in one instance", parseWhole("--concurrency", 1, 1_000))
    .option("--rps <n>", "requests a second to serve", parsePositive("--rps", 1e6))
    .option("--tokens-in <n>", "tokens a request sends", parseWhole("--tokens-in", 1, 1e7))
    .option("--tokens-out <n>", "tokens an answer has", parseWhole("--tokens-out", 1, 1e6))
    .option("--memory <MB>", "memory of a function", parseWhole("--memory", 128, 1e6))
    .option("--vcpus <n>", "vCPUs of a function", parsePositive("--vcpus", 64))
    .option("--cold-start-budget <ms>", "longest cold start that is fine", parseMilliseconds("--cold-start-budget"))
    .action(async (name, options) =>
      setExit(await (await import("./commands/plan.ts")).planCommand(io, { name, ...options })),
    );

  withJson(program.command("build"))
    .description("build .vercel/output")
    .argument("[dir]", "the project", ".")
    .action(async (dir, options) =>
      setExit(await (await import("./commands/build.ts")).buildCommand(io, { dir, ...options })),
    );

  withJson(program.command("dev"))
    .description("serve the app on this machine, rebuilt on change")
    .argument("[dir]", "the project", ".")
    .option("--port <n>", "port on 127.0.0.1; 0 takes a free one", parseWhole("--port", 0, 65_535))
    .option("--prebuilt", "serve .vercel/output as it is, without building or watching")
    .option(
      "--dotenv <file>",
      "environment of the functions (default: .env.local when there is one)",
      parseText("--dotenv"),
    )
    .action(async (dir, options) =>
      setExit(await (await import("./commands/dev.ts")).devCommand(io, { dir, ...options })),
    );

  withJson(program.command("fake-provider"))
    .description("serve made-up answers in OpenAI's wire format, and fal's, on this machine")
    .option("--port <n>", "port to listen on; default: 4200", parseWhole("--port", 0, 65_535))
    .option("--first-token <time>", "time to the first token; default: 100ms", parseTime("--first-token"))
    .option("--token <time>", "time between tokens; default: 20ms", parseTime("--token"))
    .option("--tokens <n>", "tokens of an answer", parseWhole("--tokens", 1, 100_000))
    .action(async (options) =>
      setExit(await (await import("./commands/fake-provider.ts")).fakeProviderCommand(io, options)),
    );

  withReports(withLoad(withLimits(withJson(program.command("healthcheck")))))
    .description("measure a deployment against its SLOs")
    .argument("[url]", "what to check; default: production of the project's target")
    .action(async (url, options) =>
      setExit(await (await import("./commands/healthcheck.ts")).healthcheckCommand(io, { url, ...options })),
    );

  withGitHub(withTarget(program.command("deploy")))
    .description("release the app: stage, gate, and with --prod promote and watch")
    .option("--prod", "make it production when it passes; without, a preview")
    .option("--no-gate", "skip the gate and the watch (its functions still have to start)")
    .option("--force", "make a new deployment even when this build is deployed already, for changed variables")
    .option(
      "--builder <name>",
      "who builds: edge-ai, vercel",
      parseChoice("--builder", ["edge-ai", "vercel"]),
      "edge-ai",
    )
    .option("--dry-run", "print the steps, do nothing")
    .action(async (options) => setExit(await (await import("./commands/deploy.ts")).deployCommand(io, options)));

  withGitHub(withTarget(program.command("promote")))
    .description("make a deployment production")
    .argument("<id>", "a deployment that edge-ai deployments lists")
    .option("--no-gate", "do not measure one that has not passed a gate yet")
    .action(async (id, options) =>
      setExit(await (await import("./commands/switch.ts")).promoteCommand(io, { id, ...options })),
    );

  withGitHub(withTarget(program.command("rollback")))
    .description("make an earlier release production")
    .argument("[id]", "a deployment; without, the last one known to be good")
    .action(async (id, options) =>
      setExit(await (await import("./commands/switch.ts")).rollbackCommand(io, { id, ...options })),
    );

  withTarget(program.command("deployments"))
    .description("list deployments, newest first")
    .action(async (options) =>
      setExit(await (await import("./commands/deployments.ts")).deploymentsCommand(io, options)),
    );

  withTarget(program.command("status"))
    .description("say what production is, and whether it answers")
    .action(async (options) => setExit(await (await import("./commands/status.ts")).statusCommand(io, options)));

  withJson(program.command("stop"))
    .description("end the local target of this project")
    .action(async (options) => setExit(await (await import("./commands/stop.ts")).stopCommand(io, options)));

  withJson(program.command("rehearse"))
    .description("go through a whole release on this machine, with the real vercel program and an emulated API")
    .addOption(
      new Option("--fault <endpoint=fault>", "make the API fail, like promote=500 or files=reset*2; repeat for more")
        .argParser(collect)
        .default([]),
    )
    .option(
      "--timeout <time>",
      "longest one command of vercel may take, like 5m (default: 10m)",
      parseTime("--timeout"),
    )
    .action(async (options) => setExit(await (await import("./commands/rehearse.ts")).rehearseCommand(io, options)));

  const env = program.command("env").description("environment variables of the functions");
  withTarget(env.command("check"))
    .description("compare the names that are needed with those the target has; values are never read out")
    .option(
      "--environment <name>",
      "which of the platform's: production, preview",
      parseChoice("--environment", ["production", "preview"]),
      "production",
    )
    .action(async (options) => setExit(await (await import("./commands/env-check.ts")).envCheckCommand(io, options)));
  // After its subcommand was made, which would take this over.
  env
    .allowUnknownOption()
    .allowExcessArguments()
    .action((_options, { args }: Command) => {
      const word = args.find((arg) => !arg.startsWith("-"));
      throw new CliError("USAGE", `env has the command check${word === undefined ? "" : `, and no ${word}`}`, {
        hint: "edge-ai env check",
      });
    });

  withJson(program.command("doctor"))
    .description("say what would stop a deploy, or spoil it")
    .argument("[dir]", "the project", ".")
    .option(
      "--target <target>",
      `where it is deployed: ${targetNames.join(", ")}; default: the one of edge-ai.json`,
      parseChoice("--target", targetNames),
    )
    .option("--fix", "add what is missing and can be added safely: public/index.html, the line in .npmrc")
    .action(async (dir, options) =>
      setExit(await (await import("./commands/doctor.ts")).doctorCommand(io, { dir, ...options })),
    );

  withJson(program.command("ci"))
    .description("write the GitHub Actions workflow that checks, previews, releases and rolls back")
    .option(
      "--target <target>",
      "where it deploys: vercel; default: the one of edge-ai.json",
      parseChoice("--target", targetNames),
    )
    .option("--check", "write nothing; exit 1 when the file is not what would be written")
    .addOption(new Option("--force", "write over a file that was edited").conflicts("check"))
    .action(async (options) => setExit(await (await import("./commands/ci.ts")).ciCommand(io, options)));

  return program;
}

/** Limits of a health check; each wins over slo in edge-ai.json. */
function withLimits(command: Command): Command {
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
function withLoad(command: Command): Command {
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
function withReports(command: Command): Command {
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
function withModel(command: Command): Command {
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

function withTarget(command: Command): Command {
  const choice = parseChoice("--target", targetNames);
  return withJson(command)
    .option("--target <target>", `${targetNames.join(", ")}; default: the one of edge-ai.json`, choice)
    .option(
      "--timeout <time>",
      "longest one command of the platform's own CLI may take, like 5m (default: 10m)",
      parseTime("--timeout"),
    );
}

function withGitHub(command: Command): Command {
  return command.option("--github", "report to the GitHub Actions step: summary, outputs, .edge-ai/report.md");
}

function withJson(command: Command): Command {
  return command.option("--json", "print one JSON document on stdout");
}

/** Prints an error the way the contract says and returns its exit code. */
function report(io: Io, error: unknown, json: boolean): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  if (error instanceof Interrupted) {
    if (json) answer(io, errorDocument("INTERRUPTED", error.message));
    else say(io, error.message);
    return signalExits[error.signalName];
  }
  const known = toCliError(error);
  if (json) answer(io, errorDocument(known.code, known.message, known.hint));
  say(io, `error: ${known.message}`);
  if (known.hint !== undefined) say(io, `  hint: ${known.hint}`);
  if (known.code === "INTERNAL" && error instanceof Error) say(io, error.stack);
  return errorCodes[known.code].exit;
}

function toCliError(error: unknown): CliError {
  const known = knownError(error);
  if (known !== undefined) return known;
  if (error instanceof CommanderError) {
    const [message = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
    return new CliError("USAGE", message, { hint: suggestion?.replaceAll(/[()]/g, "") ?? "run edge-ai --help" });
  }
  return new CliError("INTERNAL", messageOf(error), {
    hint: "this is a bug in edge-ai: please report it with the lines below",
    cause: error,
  });
}

function errorDocument(code: string, message: string, hint?: string): object {
  return { version: 1, error: { code, message, hint } };
}

function parseList(text: string): string[] {
  const items = text.split(",").map((item) => item.trim());
  if (items.some((item) => item === ""))
    throw new CliError("USAGE", `a list cannot be ${JSON.stringify(text)}`, { hint: "separate the items with commas" });
  return items;
}

function collect(value: string, all: string[]): string[] {
  return [...all, value];
}
