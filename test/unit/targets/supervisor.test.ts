import path from "node:path";
import { expect, it } from "vitest";
import { Supervisor } from "../../../src/targets/local/supervisor.ts";
import { freePort } from "../../free-port.ts";
import { tempDir, writeTree } from "../../temp.ts";

it("takes no orders while it stops: what it would start then, nobody would end", async () => {
  const projectDir = await tempDir();
  // Whoever starts a supervisor has made its folder.
  await writeTree(projectDir, { ".edge-ai/local/supervisor.log": "" });
  const supervisor = await Supervisor.start({
    projectDir,
    productionPort: await freePort(),
    socket: path.join(projectDir, "socket"),
    onLog: () => undefined,
  });
  await supervisor.restore();
  const stopping = supervisor.stop();
  await expect(supervisor.promote("dpl_x")).rejects.toMatchObject({ code: "BUSY" });
  await Promise.all([stopping, supervisor.stop()]);
});
