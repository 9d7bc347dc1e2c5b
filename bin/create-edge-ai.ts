#!/usr/bin/env node
import { run } from "./run.ts";

await run(["create", ...process.argv.slice(2)]);
