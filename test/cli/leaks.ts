// Looks for secrets where none may be: in what was printed, in files, and in the argv of processes. It knows nothing of
// how src/secrets.ts hides them.
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Name → value. A value is a dozen characters at least, and of one line. */
export type Markers = Readonly<Record<string, string>>;

export interface Evidence {
  markers: Markers;
  /** What commands printed. */
  runs: readonly { args: readonly string[]; stdout: string; stderr: string }[];
  /** Folders of which every file is read, however deep. Links are not followed. */
  dirs: readonly string[];
  /** Files that may hold secrets: the user's own. */
  except?: readonly string[];
  /** See ArgvWatch. */
  argvs: readonly string[];
}

/** So much of a marker's beginning or end is a leak too, where somebody cut it. */
const PIECE = 12;

/** Where markers were found: "OPENAI_API_KEY in stderr of edge-ai deploy: …". */
export async function findLeaks({ markers, runs, dirs, except = [], argvs }: Evidence): Promise<string[]> {
  const files = (await Promise.all(dirs.map(filesBelow))).flat().filter((file) => !except.includes(file));
  return [
    ...runs.flatMap(({ args, stdout, stderr }) => [
      ...leaksIn(stdout, markers, `stdout of edge-ai ${args[0]}`),
      ...leaksIn(stderr, markers, `stderr of edge-ai ${args[0]}`),
    ]),
    // Byte for character, so that a marker is found in binary files too.
    ...(await Promise.all(files.map(async (file) => leaksIn(await fs.readFile(file, "latin1"), markers, file)))).flat(),
    ...files.flatMap((file) => leaksIn(file, markers, "the name of a file")),
    ...argvs.flatMap((argv) => leaksIn(argv, markers, "argv")),
  ];
}

/** Finds markers in a text: as they are, cut, escaped in JSON or a URL, and in anything that decodes as base64. */
export function leaksIn(text: string, markers: Markers, where: string): string[] {
  const decoded = (text.match(/[\w+/-]{16,}/g) ?? []).flatMap((run) =>
    // Wherever it starts, one of four places is right.
    [0, 1, 2, 3].map((start) => Buffer.from(run.slice(start), "base64").toString("latin1")),
  );
  const texts = [text, unescaped(text), unescaped(unescaped(text)), ...decoded];
  return Object.entries(markers).flatMap(([name, value]) => {
    const places = [value.slice(0, PIECE), value.slice(-PIECE)].flatMap((piece) =>
      texts.map((each) => ({ each, at: each.indexOf(piece) })),
    );
    const hit = places.find(({ at }) => at !== -1);
    return hit === undefined ? [] : [`${name} in ${where}: ${JSON.stringify(around(hit.each, hit.at))}`];
  });
}

function around(text: string, at: number): string {
  return text.slice(Math.max(0, at - 60), at + 60);
}

/** Without the escapes of JSON and of URLs. */
function unescaped(text: string): string {
  const plain = text.replaceAll(/\\(["\\/])/g, "$1").replaceAll("+", " ");
  return plain.replaceAll(/%([\da-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** Kept in every Node.js child by NODE_OPTIONS: writes what it starts to $SPAWN_LOG, however short that lives. */
const recorder = `import { ChildProcess } from "node:child_process";
import fs from "node:fs";
const { spawn } = ChildProcess.prototype;
ChildProcess.prototype.spawn = function (options) {
  fs.appendFileSync(process.env.SPAWN_LOG, JSON.stringify(options.args ?? [options.file]) + "\\n");
  return spawn.call(this, options);
};`;

/** Gathers the command lines of all processes while a test runs: sampled from /proc, and told by those that start them. */
export class ArgvWatch {
  /** For everything that is started. */
  readonly env: Readonly<Record<string, string>>;
  readonly #log: string;
  readonly #seen = new Set<string>();
  readonly #sampling: Promise<void>;
  #stopped = false;

  /** @param log a file that is not there yet */
  constructor(log: string) {
    this.#log = log;
    const url = `data:text/javascript,${encodeURIComponent(recorder)}`;
    this.env = { NODE_OPTIONS: `--import=${url}`, SPAWN_LOG: log };
    this.#sampling = this.#sample();
  }

  /** @param typed the arguments of the runs themselves, which are the user's own. @returns the command lines of all others */
  async stop(typed: readonly (readonly string[])[]): Promise<string[]> {
    this.#stopped = true;
    await this.#sampling;
    const told = (await fs.readFile(this.#log, "utf8")).split("\n");
    // A child shows its parent's command line until it runs its own program.
    const own = typed.map((args) => `${args.join("\0")}\0`);
    const sampled = [...this.#seen].filter((argv) => own.every((args) => args === "\0" || !argv.endsWith(`\0${args}`)));
    return [...told.filter((line) => line !== ""), ...sampled];
  }

  async #sample(): Promise<void> {
    while (!this.#stopped) {
      const pids = (await fs.readdir("/proc")).filter((name) => /^\d+$/.test(name));
      const argvs = await Promise.all(pids.map((pid) => fs.readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
      for (const argv of argvs) this.#seen.add(argv);
      await sleep(10, undefined, { ref: false });
    }
  }
}
