import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import type { Config } from "../../config/schema.ts";
import { CliError } from "../../errors.ts";
import type { Artefact, Deployment, StageOptions, Target } from "../target.ts";
import { sendOrder, type Order } from "./control.ts";
import { localFolder, type LocalFolder } from "./folder.ts";
import { DEFAULT_PRODUCTION_PORT } from "./production-port.ts";
import { ensureSupervisor, runningState } from "./start-supervisor.ts";
import { readState, type DeploymentRecord, type LocalState } from "./state.ts";

/** This machine as a platform: a supervisor per project, an immutable copy and a port per deployment. */
export function localTarget(projectDir: string, config: Pick<Config, "targets">): Target {
  const folder = localFolder(projectDir);
  const productionPort = config.targets.local?.port ?? DEFAULT_PRODUCTION_PORT;

  const order = async (what: Order): Promise<LocalState> => {
    const state = await sendOrder(await ensureSupervisor(projectDir, productionPort), what);
    if (state === null)
      throw new CliError("CHILD_FAILED", "the local supervisor went away", {
        hint: `run it again; see ${folder.supervisorLog}`,
      });
    return state;
  };

  const list = async (): Promise<Deployment[]> => {
    const state = await lastState(projectDir);
    return (state?.deployments ?? []).toReversed().map(deploymentOf);
  };

  return {
    propagationMs: 0,
    productionHeaders: {},
    rollbackNotes: ["the environment of the functions (.env.local) stays as it is"],

    // Where it is, should edge-ai.json have changed since it was started.
    async productionUrl() {
      const running = await runningState(projectDir);
      return `http://127.0.0.1:${running?.productionPort ?? productionPort}`;
    },

    async stage({ outputDir, buildId }: Artefact, { environment, knownGood }: StageOptions): Promise<Deployment> {
      const id = newId();
      await removeUnknown(folder, await lastState(projectDir));
      await copyWhole(outputDir, folder.output(id), folder.deployment(id));
      const record = { id, buildId, createdAt: new Date().toISOString(), environment, knownGood };
      try {
        return found(await order({ do: "stage", record }), id);
      } catch (error) {
        // What no state names is in nobody's way, and of no use to anybody.
        await removeUnknown(folder, await lastState(projectDir));
        throw error;
      }
    },

    async reach(id) {
      return found(await order({ do: "start", id }), id);
    },

    async promote(id) {
      await order({ do: "promote", id });
    },

    async current() {
      const state = await lastState(projectDir);
      const record = state?.deployments.find((each) => each.id === state.current);
      return record === undefined ? null : deploymentOf(record);
    },

    async find(id) {
      return (await list()).find((each) => each.id === id) ?? null;
    },

    list,
  };
}

/**
 * Ends the project's supervisor and all its deployments; what is on disk stays.
 * @returns false when nothing ran
 */
export async function stopLocal(projectDir: string): Promise<boolean> {
  const state = await runningState(projectDir);
  if (state?.supervisor == null) return false;
  await sendOrder(state.supervisor.socket, { do: "stop" });
  return true;
}

/** The running supervisor's state, else what the last one left behind, of which nothing runs any more. */
async function lastState(projectDir: string): Promise<LocalState | null> {
  const running = await runningState(projectDir);
  if (running !== null) return running;
  const left = await readState(localFolder(projectDir).state);
  return left && { ...left, deployments: left.deployments.map((record) => ({ ...record, port: null })) };
}

/** Removes what an interrupted release copied and never got to stage. */
async function removeUnknown({ deployments }: LocalFolder, state: LocalState | null): Promise<void> {
  const names = await fs.readdir(deployments).catch(() => []);
  const known = new Set(state?.deployments.map(({ id }) => id));
  const unknown = names.filter((name) => !known.has(name));
  await Promise.all(unknown.map((name) => fs.rm(path.join(deployments, name), { recursive: true, force: true })));
}

/** Newer ids sort after older ones. */
function newId(): string {
  return `dpl_${Date.now().toString(36)}${randomBytes(3).toString("hex")}`;
}

/** A copy that is there whole or not at all: a staged folder without its mark is never started. */
async function copyWhole(from: string, to: string, parent: string): Promise<void> {
  try {
    await fs.mkdir(parent, { recursive: true });
    await fs.cp(from, `${to}.tmp`, { recursive: true, verbatimSymlinks: true, mode: fs.constants.COPYFILE_FICLONE });
    await fs.rename(`${to}.tmp`, to);
  } catch (error) {
    await fs.rm(parent, { recursive: true, force: true });
    throw error;
  }
}

function found(state: LocalState, id: string): Deployment {
  const record = state.deployments.find((each) => each.id === id);
  if (record === undefined) throw new Error(`the supervisor does not have ${id} that it has just started`);
  return deploymentOf(record);
}

function deploymentOf({ port, ...record }: DeploymentRecord): Deployment {
  const url = port === null ? "" : `http://127.0.0.1:${port}`;
  return { ...record, builtFrom: record.buildId, url, requestHeaders: {}, isForeign: false };
}
