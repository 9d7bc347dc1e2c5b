// What the routes of ONNX models say of who answered, and of a caller who leaves. With the built-in model, in this process.
import { expect, it, onTestFinished, vi } from "vitest";
import { loadLib, loadRoute, type Loaded } from "../unit/templates/core/load-route.ts";

/** Where the model is for the app of the template: it runs in a folder of its own. */
function enterTemplates(): void {
  const cwd = vi.spyOn(process, "cwd").mockReturnValue(`${process.cwd()}/templates`);
  onTestFinished(() => cwd.mockRestore());
}

const ROUTES = ["embeddings.local", "classify.local"];

async function load(name: string): Promise<Loaded> {
  enterTemplates();
  return loadRoute(name);
}

it.each(ROUTES)("%s says that the function itself has answered", async (name) => {
  const route = await load(name);
  const response = await route.post({ input: "It works well." });
  expect(response.status).toBe(200);
  expect([response.headers.get("x-ai-target"), response.headers.get("x-ai-attempts")]).toEqual(["function", "1"]);
});

it.each(ROUTES)("%s takes a caller who leaves for that, and for no error of its own", async (name) => {
  const route = await load(name);
  const logged = vi.spyOn(console, "error");
  onTestFinished(() => logged.mockRestore());
  const leaving = new AbortController();
  // The model has to be loaded first: it cannot be done before the caller has left.
  const answer = route.post({ input: Array.from({ length: 200 }, (_, n) => `text ${n}`) }, { signal: leaving.signal });
  setImmediate(() => leaving.abort());
  const response = await answer;
  expect([response.status, ((await response.json()) as any).error.code]).toEqual([499, "client_closed_request"]);
  const gone = await route.post({ input: "x" }, { signal: AbortSignal.abort() });
  expect(gone.status).toBe(499);
  expect(logged).not.toHaveBeenCalled();
  expect((await route.post({ input: "still there" })).status).toBe(200);
});

it("notes who answered for the log", async () => {
  const { servedHere, Call } = await loadLib(["served-here", "call"]);
  const call = new Call(new Request("http://app.test"), {});
  expect(servedHere(call)).toEqual({ "x-ai-target": "function", "x-ai-attempts": "1" });
  expect(call.facts).toMatchObject({ target: "function", attempts: 1 });
});
