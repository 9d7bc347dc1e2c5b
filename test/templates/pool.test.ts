import { expect, it } from "vitest";
import { Pool, PoolFullError } from "../../templates/app/lib/pool.ts";

const LONG_MS = 60_000;
const { signal } = new AbortController();

it("lends each thing to one borrower, and serves those who wait in order", async () => {
  const pool = new Pool(["a", "b"], { waiting: 2, waitMs: LONG_MS });
  const [first, second] = [await pool.take(signal), await pool.take(signal)];
  expect([first, second].toSorted()).toEqual(["a", "b"]);
  const served: string[] = [];
  const third = pool.take(signal).then((item) => served.push(`third ${item}`));
  const fourth = pool.take(signal).then((item) => served.push(`fourth ${item}`));
  expect([pool.free, pool.waiting]).toEqual([0, 2]);
  pool.give(second);
  pool.give(first);
  await Promise.all([third, fourth]);
  expect(served).toEqual([`third ${second}`, `fourth ${first}`]);
});

it("refuses whoever would wait behind too many, and gives up on those who wait too long", async () => {
  const pool = new Pool(["a"], { waiting: 1, waitMs: 20 });
  await pool.take(signal);
  const waits = pool.take(signal);
  await expect(pool.take(signal)).rejects.toThrow(PoolFullError);
  await expect(waits).rejects.toThrow("within 20 ms");
  expect(pool.waiting).toBe(0);
  pool.give("a");
  expect(pool.free).toBe(1);
});

it("forgets whoever leaves", async () => {
  const pool = new Pool(["a"], { waiting: 2, waitMs: LONG_MS });
  const item = await pool.take(signal);
  const leaving = new AbortController();
  const left = pool.take(leaving.signal);
  const stays = pool.take(signal);
  leaving.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  await expect(pool.take(AbortSignal.abort(new Error("was gone")))).rejects.toThrow("was gone");
  pool.give(item);
  expect(await stays).toBe("a");
});

it("takes what is preferred when there is a choice", async () => {
  const pool = new Pool(["a", "b", "c"], { waiting: 0, waitMs: LONG_MS });
  expect(await pool.take(signal, (item) => item === "c")).toBe("c");
  expect(await pool.take(signal, (item) => item === "c")).toBe("a");
});
