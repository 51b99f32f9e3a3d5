// How a page looks to different eyes: findings of axe-core, what sticks out, and pictures for people.

import axe from "axe-core";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ROOT } from "./process.js";

/** Where pictures of the pages are put. They are for looking at, and no test compares them. */
const ARTIFACTS = join(ROOT, "e2e/artifacts");

/** The widths that pages are looked at in, in CSS pixels: a phone (and 1280 at 400 %), a tablet, a desktop. */
const WIDTHS = [320, 768, 1280];
export const SCHEMES = ["light", "dark"];
/** The languages of the pages, and the widths that each is looked at in: one of either direction at all. */
export const LANGUAGES = [
  { tag: "en", direction: "ltr", widths: WIDTHS },
  { tag: "es", direction: "ltr", widths: [320] },
  { tag: "de", direction: "ltr", widths: [320] },
  { tag: "ja", direction: "ltr", widths: [320] },
  { tag: "ar", direction: "rtl", widths: WIDTHS },
];

/** Returns what axe-core finds: rule, and the elements with what is wrong. */
export async function findings(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const options = { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } };
  const { violations } = await page.evaluate((how) => window.axe.run(document, how), options);
  return violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`),
  }));
}

/** Returns what makes the page scroll sideways: the elements that end beyond its edge. */
export async function sticksOut(page) {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const all = [...document.querySelectorAll("body *")];
    const isHidden = (element) => element.closest(".hidden, .skip");
    const wide = all.filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return !isHidden(element) && (right > clientWidth + 0.5 || left < -0.5);
    });
    return wide.map((element) => element.outerHTML.slice(0, 120));
  });
}

/** Returns the values that do not begin on the line of their name, where names stand beside values. */
export async function offTheirLine(page) {
  return page.evaluate(() => {
    const middle = (element) => {
      const words = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      while (words.nextNode() && words.currentNode.data.trim() === "");
      const range = document.createRange();
      range.selectNodeContents(words.currentNode);
      const { top, bottom } = range.getClientRects()[0];
      return (top + bottom) / 2;
    };
    const values = [...document.querySelectorAll("dt + dd")];
    const off = values.filter((value) => Math.abs(middle(value) - middle(value.previousElementSibling)) > 4);
    return off.map((value) => value.previousElementSibling.innerText);
  });
}

/** Returns what a screen reader meets, in its order: role, name and level of everything that has a role. */
export async function readAloud(page) {
  // Why not the browser's own tree: it follows the page, on a busy machine some time later.
  const lines = (await page.locator("body").ariaSnapshot()).split("\n");
  const roles = lines.map((line) => ROLE.exec(line)?.groups).filter((found) => found !== undefined);
  return roles.map(({ role, name, level }) => ({ role, name, level: level && Number(level) }));
}

// A line of a snapshot: `- heading "Your data" [level=1]`. Lines of properties begin with a slash.
const ROLE = /^\s*- '?(?<role>[a-z]+)(?: "(?<name>(?:[^"\\]|\\.)*)")?(?: \[(?:level=(?<level>\d)|[^\]]*)\])*/;

/** Spreads the text as people do who read better so (WCAG 2.2, 1.4.12). */
export async function spreadText(page) {
  await page.addStyleTag({
    content: `* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
      p { margin-block-end: 2em !important }`,
  });
}

/** Takes a picture of the whole page and puts it into the folder of artifacts. */
export async function takePicture(page, name) {
  const path = join(ARTIFACTS, `${name}.png`);
  await mkdir(dirname(path), { recursive: true });
  await page.screenshot({ path, fullPage: true });
}
