// The pictures of README and docs, taken of the running program: `cargo xtask pictures`.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start as startBrowser } from "./support/browser.js";
import { Program, ROOT } from "./support/process.js";
import { SHARES, peopled } from "./support/views.js";

const FOLDER = join(ROOT, "docs/images");

/** What is shown: which page, how wide, in which language and light. */
const PICTURES = [
  { name: "settings-arabic-dark", path: "/settings", width: 480, height: 1000, locale: "ar", colorScheme: "dark" },
  { name: "shared", path: "/settings/shared", width: 900, height: 1100 },
];

await mkdir(FOLDER, { recursive: true });
await ofPages();
await ofOneSwitch();

/** The pages of somebody about whom something left. */
async function ofPages() {
  const world = await peopled();
  try {
    for (const { name, path, width, height, locale = "en", colorScheme = "light" } of PICTURES) {
      const visitor = await world.visitor({ viewport: { width, height }, locale, colorScheme });
      await visitor.signIn(SHARES);
      const page = await visitor.open(path);
      await page.screenshot({ path: picture(name) });
      await visitor.leave();
    }
  } finally {
    await world.stop();
  }
}

/**
 * Two pictures of one switch in one run of the demo, so that their times fit together: a person's settings as they turn
 * sharing off, and what a partner sees of their device once it heard nothing for ten seconds.
 */
async function ofOneSwitch() {
  const dir = await mkdtemp(join(tmpdir(), "sluicegate-pictures-"));
  const arguments_ = ["demo", "--listen", "127.0.0.1:0", "--data-dir", dir];
  const demo = await Program.start("sluicegate", arguments_, /(http:\S+)\/watch\/person-1\/bidder$/);
  const browser = await startBrowser({});
  try {
    const [, platform] = demo.found;
    const context = await browser.newContext({ viewport: { width: 1056, height: 470 }, colorScheme: "light" });
    const partner = await context.newPage();
    await partner.goto(`${platform}/watch/person-1/bidder`);
    const count = partner.locator(".watch .number");
    await count.filter({ hasText: /[1-9]/ }).waitFor();
    const person = await context.newPage();
    await person.setViewportSize({ width: 900, height: 1000 });
    await person.goto(`${platform}/sign-in/person-1`);
    await turnOff(person);
    await person.screenshot({ path: picture("settings") });
    await count.filter({ hasText: /^0$/ }).waitFor();
    await partner.screenshot({ path: picture("partner") });
  } finally {
    await browser.close();
    await demo.stop();
    await rm(dir, { recursive: true });
  }
}

async function turnOff(page) {
  await page.getByRole("button", { name: "Turn sharing off" }).click();
  await page.getByRole("status").waitFor();
}

function picture(name) {
  return join(FOLDER, `${name}.png`);
}
