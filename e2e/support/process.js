// Starts a program of this repository and reads where it listens.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The folder of the built programs; `SLUICEGATE_PROGRAMS` names another one. */
const PROGRAMS = process.env.SLUICEGATE_PROGRAMS ?? join(ROOT, "target/debug");

/** A build for tests on a busy machine is behind now and then: no auction is refused for that. */
const PATIENT = { ...process.env, SLUICEGATE_EXCHANGE__BEHIND_MAX_MS: "10000" };

/** Runs until stopped. `lines` are what it has printed so far. */
export class Program {
  /** Starts it and waits for the first line that matches. Its standard error is ours. */
  static async start(name, args, expected) {
    const child = spawn(binary(name), args, { env: PATIENT, stdio: ["ignore", "pipe", "inherit"] });
    const program = new Program(child);
    const found = await program.#line(expected);
    if (!found) throw new Error(`${name} ended before it printed ${expected}`);
    program.found = found;
    return program;
  }

  constructor(child) {
    this.child = child;
    this.lines = [];
    this.ended = new Promise((resolve) => child.once("exit", resolve));
  }

  /** Ends it as a service manager does, and waits for it. */
  async stop() {
    this.child.kill("SIGTERM");
    await this.ended;
  }

  #line(expected) {
    return new Promise((resolve) => {
      const reader = createInterface({ input: this.child.stdout });
      reader.on("line", (line) => {
        this.lines.push(line);
        const match = line.match(expected);
        if (match) resolve(match);
      });
      reader.on("close", () => resolve(undefined));
    });
  }
}

/** Returns the path of a built program, building it where nobody has. */
function binary(name) {
  const path = join(PROGRAMS, name);
  if (!existsSync(path)) {
    const built = spawnSync("cargo", ["build", "--package", name], { cwd: ROOT, stdio: "inherit" });
    if (built.status !== 0) throw new Error(`${name} is not there and could not be built`);
  }
  return path;
}
