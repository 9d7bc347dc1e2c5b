import { describe, expect, test } from "vitest";
import { failureOf, isNotFound } from "../../../../src/targets/vercel/failures.ts";

const failed = (stderr: string, exitCode = 1) => ({ exitCode, stdout: "", stderr });

describe("a vercel command that failed", () => {
  test.each<[string, string, RegExp]>([
    ['Error: No existing credentials found. Please run `vercel login` or pass "--token"', "NO_ACCESS", /VERCEL_TOKEN/],
    [
      "Error: The token provided via VERCEL_TOKEN environment variable is not valid. Please provide a valid token.",
      "NO_ACCESS",
      /VERCEL_TOKEN/,
    ],
    ["Error: Not authenticated", "NO_ACCESS", /VERCEL_TOKEN/],
    ["Error: Not authenticated (401)", "NO_ACCESS", /VERCEL_TOKEN/],
    ["Error: The specified scope does not exist", "NO_ACCESS", /scope/],
    ["Error: Not authorized (403)", "NO_ACCESS", /scope/],
    ["Error: Project not found. (404)", "PLATFORM", /targets\.vercel\.project/],
    ["Error: The deployment could not be found", "PLATFORM", /targets\.vercel\.scope/],
    ["Error: You have been creating deployments at a very fast pace. Please slow down.", "PLATFORM", /wait a minute/],
    ["Error: An unexpected internal error occurred", "PLATFORM", /vercel-status/],
    ["Error: Bad gateway", "PLATFORM", /vercel-status/],
    ['Error: There is no project for "prj_1"', "PLATFORM", /targets\.vercel\.project/],
    ["", "PLATFORM", /vercel-status/],
    ["Error: Service unavailable", "PLATFORM", /vercel-status/],
    ["Error: Rate limited (429)", "PLATFORM", /wait/],
    ["Error: Internal Server Error (500)", "PLATFORM", /run it again/],
    ["Error: request to http://127.0.0.1:1/v2/user failed, reason: connect ECONNREFUSED", "PLATFORM", /run it again/],
    ["Error: something quite new", "PLATFORM", /same command again/],
  ])("says %s: %s", (stderr, code, hint) => {
    expect(failureOf("deploy", failed(stderr))).toMatchObject({ code, hint: expect.stringMatching(hint) });
  });

  test("shows what the CLI said, without its banner, progress and colours", () => {
    const stderr = "Vercel CLI 58.4.4 (Node.js 24.21.0)\nRetrieving project…\r\u001B[31mError:\u001B[39m it broke\n";
    expect(failureOf("deploy", failed(stderr, 3)).message).toBe("vercel deploy exited with 3: Error: it broke");
  });

  test("without a word is one without a network", () => {
    expect(failureOf("list", failed("Vercel CLI 58.4.4\n")).message).toMatch(/said nothing.*network/);
  });

  test("is told apart from something that is not there", () => {
    expect(isNotFound(failed("Error: Project not found. (404)"))).toBe(true);
    expect(isNotFound(failed('Error: Can\'t find the deployment "x" under the context "y"'))).toBe(true);
    for (const said of [
      "Error: Not authorized (403)",
      "npm error 404 Not Found - GET vercel",
      "sh: 1: vercel: not found",
      "Error: Team not found (404)",
      "Error: The specified scope was not found (404)",
    ])
      expect(isNotFound(failed(said))).toBe(false);
    expect(isNotFound(failed("Error: Project not found. (404)", 0))).toBe(false);
  });
});
