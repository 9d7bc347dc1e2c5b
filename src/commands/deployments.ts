import { answer, type Io } from "../io.ts";
import { publicDeployment } from "../release/document.ts";
import { readTarget, type TargetOptions } from "./read-target.ts";

/** `edge-ai deployments`: what there is, newest first, and which one production is. */
export async function deploymentsCommand(io: Io, options: TargetOptions): Promise<number> {
  const { target, targetName } = await readTarget(io, options);
  const [current, all] = await Promise.all([target.current(), target.list()]);
  if (options.json === true) {
    const deployments = all.map((each) => ({
      ...publicDeployment(each),
      environment: each.environment,
      knownGood: each.knownGood,
      production: each.id === current?.id,
    }));
    answer(io, { version: 1, target: targetName, production: current?.id ?? null, deployments });
    return 0;
  }
  const lines = all.map(
    ({ id, createdAt, environment, builtFrom, url }) =>
      `${id === current?.id ? "*" : " "} ${id}  ${createdAt}  ${environment.padEnd(10)}  ${builtFrom}  ${url === "" ? "(on disk)" : url}`,
  );
  answer(io, lines.length === 0 ? `no deployments on ${targetName}` : lines.join("\n"));
  return 0;
}
