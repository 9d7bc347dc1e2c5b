import { beforeEach, expect, it, vi } from "vitest";
import { Breaker } from "../../../../templates/app/lib/breaker.ts";
import { Fault } from "../../../../templates/app/lib/fault.ts";

const fault = new Fault("upstream_error", "500");
const START = 1_000;
let breaker: Breaker;
const fail = (times: number, atMs = START): void => {
  for (let time = 0; time < times; time++) breaker.fail(fault, atMs);
};

const warn = vi.spyOn(console, "warn").mockReturnValue();
beforeEach(() => {
  warn.mockClear();
  breaker = new Breaker("main");
});

it("opens at five failures in a row, for 10 s", () => {
  fail(4);
  expect(breaker.admit(START)).toBe(true);
  fail(1);
  expect(breaker.admit(START)).toBe(false);
  expect(breaker.admit(START + 9_999)).toBe(false);
  expect(breaker.admit(START + 10_000)).toBe(true);
});

it("starts counting again after a success", () => {
  fail(4);
  breaker.succeed();
  fail(4);
  expect(breaker.admit(START)).toBe(true);
});

it("lets one probe through when its time is over", () => {
  fail(5);
  expect([breaker.admit(START + 10_000), breaker.admit(START + 10_000), breaker.admit(START + 10_001)]).toEqual([
    true,
    false,
    false,
  ]);
});

it("closes when the probe did well", () => {
  fail(5);
  breaker.admit(START + 10_000);
  breaker.succeed();
  expect([breaker.admit(START + 10_001), breaker.admit(START + 10_001)]).toEqual([true, true]);
});

it("opens again when the probe failed", () => {
  fail(5);
  breaker.admit(START + 10_000);
  fail(1, START + 10_500);
  expect(breaker.admit(START + 20_499)).toBe(false);
  expect(breaker.admit(START + 20_500)).toBe(true);
});

it("does not wait for ever for a probe whose caller has left", () => {
  fail(5);
  breaker.admit(START + 10_000);
  expect(breaker.admit(START + 20_000)).toBe(true);
});

it("rests for as long as the target has asked for, whatever else succeeds, and at most 10 minutes", () => {
  breaker.rest(120_000, START);
  breaker.succeed();
  expect(breaker.admit(START + 119_999)).toBe(false);
  expect(breaker.admit(START + 120_000)).toBe(true);
  breaker.rest(86_400_000, START);
  expect(breaker.isOpen(START + 599_999)).toBe(true);
  expect(breaker.isOpen(START + 600_000)).toBe(false);
});

it("logs a fault by its names, and reports its state", () => {
  fail(1);
  expect(JSON.parse(String(warn.mock.calls[0]?.[0]))).toEqual({
    type: "fault",
    target: "main",
    code: "upstream_error",
    detail: "500",
  });
  expect(breaker.report()).toEqual({ isOpen: false, failuresInARow: 1, lastFault: "upstream_error" });
});
