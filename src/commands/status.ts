import { answer, type Io } from "../io.ts";
import { checkIdentity } from "../health/check-identity.ts";
import { publicDeployment } from "../release/document.ts";
import { Ledger } from "../release/ledger.ts";
import { readTarget, type TargetOptions } from "./read-target.ts";

const EVENTS = 5;

/** `edge-ai status`: what production is, and whether it answers as that. Exit 1 when it does not. */
export async function statusCommand(io: Io, options: TargetOptions): Promise<number> {
  const { target, targetName, projectDir } = await readTarget(io, options);
  const [current, productionUrl, events] = await Promise.all([
    target.current(),
    target.productionUrl(),
    new Ledger(projectDir).read(),
  ]);
  const refusal =
    current === null || productionUrl === null
      ? null
      : await checkIdentity({
          url: productionUrl,
          headers: current.requestHeaders,
          expectBuild: current.buildId,
          signal: io.signal,
        });
  io.signal.throwIfAborted();
  const health = current === null ? "none" : refusal === null ? "ok" : refusal.cause;
  const recent = events.filter((event) => event.target === targetName).slice(-EVENTS);
  if (options.json === true) {
    answer(io, {
      version: 1,
      target: targetName,
      productionUrl,
      production: publicDeployment(current),
      health,
      message: refusal?.message ?? null,
      recent,
    });
  } else {
    const what =
      current === null ? "nothing is deployed" : `${current.id} (build ${current.buildId}, since ${current.createdAt})`;
    const answers =
      refusal === null
        ? []
        : [`  ${refusal.message}`, ...(refusal.hint === undefined ? [] : [`  hint: ${refusal.hint}`])];
    answer(
      io,
      [
        `${targetName}  ${productionUrl ?? "(no project yet)"}  ${health}`,
        `  production: ${what}`,
        ...answers,
        ...recent.map(({ at, event, id }) => `  ${at}  ${event}  ${id}`),
      ].join("\n"),
    );
  }
  return refusal === null ? 0 : 1;
}
