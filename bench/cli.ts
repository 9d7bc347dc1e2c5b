// Start-up and scaffolding against create-vite, each with its own floor: node bench/cli.ts
import fs from "node:fs/promises";
import path from "node:path";
import { compareCommands, printTimings, withTempDir, type Contender } from "./measure.ts";

const ROUNDS = 9;
const node = process.execPath;
const ours = path.resolve("dist/create-edge-ai.js");
const vite = path.resolve("node_modules/create-vite/index.js");

printTimings(
  "`--help`",
  await compareCommands(
    [
      { name: "create-vite --help", command: [node, vite, "--help"] },
      { name: "edge-ai --help", command: [node, path.resolve("dist/edge-ai.js"), "--help"] },
      { name: "edge-ai plan", command: [node, path.resolve("dist/edge-ai.js"), "plan"] },
      { name: "floor: node -e 0", command: [node, "-e", "0"] },
    ],
    ROUNDS,
  ),
);

await withTempDir(async (dir) => {
  const remove = (name: string) => async (): Promise<void> =>
    fs.rm(path.join(dir, name), { recursive: true, force: true });
  const contenders: Contender[] = [
    {
      name: "create-vite, vanilla-ts",
      command: [node, vite, "v", "--template", "vanilla-ts", "--no-interactive"],
      cwd: dir,
      prepare: remove("v"),
    },
    {
      name: "create-edge-ai, with `npm pack` of itself (not published yet)",
      command: [node, ours, "a", "--yes", "--no-install", "--no-git"],
      cwd: dir,
      prepare: remove("a"),
    },
    {
      name: "create-edge-ai --dry-run: the same without pack and write",
      command: [node, ours, "a", "--yes", "--no-install", "--no-git", "--dry-run"],
      cwd: dir,
      prepare: remove("a"),
    },
  ];
  printTimings("Scaffold, no install, no git", await compareCommands(contenders, ROUNDS));
});
