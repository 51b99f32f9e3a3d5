// A real Chromium, in which the names of our pages lead to ports of this machine.

import { spawnSync } from "node:child_process";
import { chromium } from "playwright-core";

/** The browser that is run; `SLUICEGATE_BROWSER` names another one. */
export const BROWSER = process.env.SLUICEGATE_BROWSER ?? "chromium";

/** Nothing but our own pages is called, and nothing is kept. */
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts the browser. `hosts` says for each host name which server stands behind it; a name that nobody
 * has leads nowhere.
 */
export async function start(hosts) {
  const rules = Object.entries(hosts).map(([name, origin]) => `MAP ${name}:80 ${new URL(origin).host}`);
  rules.push("MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1");
  return chromium.launch({
    executablePath: path(),
    args: [...QUIET, `--host-resolver-rules=${rules.join(",")}`],
  });
}

function path() {
  const found = spawnSync("sh", ["-c", `command -v "${BROWSER}"`], { encoding: "utf8" });
  if (found.status !== 0) throw new Error(`there is no ${BROWSER} on this machine`);
  return found.stdout.trim();
}
