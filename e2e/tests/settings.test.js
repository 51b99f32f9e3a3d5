// The switches and the corrections, as people use them: with a mouse, by keyboard alone, without scripts.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { World } from "../support/world.js";

const SWITCHES = [
  { off: "Turn sharing off", on: "Turn sharing on", isOff: "Sharing is off", isOn: "Sharing is on" },
  {
    off: "Turn personalized ads off",
    on: "Turn personalized ads on",
    isOff: "Personalized ads are off",
    isOn: "Personalized ads are on",
  },
];

/** More stops than any page has. */
const STOPS_MAX = 60;

let world;
let people = 0;
let account;

before(async () => {
  world = await World.start({ publisher: false });
});

beforeEach(async () => {
  people += 1;
  account = `person-${people}`;
  await world.gateway.welcome(account);
});

after(() => world?.stop());

for (const [words, options] of [["with scripts", {}], ["without scripts", { javaScriptEnabled: false }]]) {
  test(`each switch is one press off and one press on, ${words}`, async () => {
    const visitor = await world.visitor(options);
    const page = await visitor.signIn(account);
    for (const { off, on, isOff, isOn } of SWITCHES) {
      await page.getByRole("button", { name: off, exact: true }).click();
      await told(page, isOff);
      await page.getByRole("button", { name: on, exact: true }).click();
      await told(page, isOn);
    }
    await visitor.leave();
  });
}

test("by keyboard alone, off takes as many steps as on", async () => {
  const visitor = await world.visitor({ javaScriptEnabled: false });
  const page = await visitor.signIn(account);
  for (const { off, on, isOff, isOn } of SWITCHES) {
    const toOff = await pressByKeyboard(page, off);
    await told(page, isOff);
    const toOn = await pressByKeyboard(page, on);
    await told(page, isOn);
    assert.equal(toOff, toOn, off);
  }
  await visitor.leave();
});

test("the way off looks just like the way on", async () => {
  const visitor = await world.visitor();
  const page = await visitor.signIn(account);
  for (const { off, on, isOff } of SWITCHES) {
    const before = await look(page, off);
    await page.getByRole("button", { name: off, exact: true }).click();
    await told(page, isOff);
    assert.deepEqual(await look(page, on), before, off);
  }
  await visitor.leave();
});

test("every stop of the keyboard shows where it is, and the first one leads to the content", async () => {
  const visitor = await world.visitor();
  for (const path of ["/settings", "/settings/data", "/settings/shared", "/settings/history", "/device", "/partners"]) {
    await (await visitor.signIn(account)).close();
    const page = await visitor.open(path);
    const stops = await walk(page);
    assert.equal(stops[0].words, "Skip to the content", path);
    assert.ok(stops.length > 5, path);
    assert.deepEqual(stops.filter((stop) => !stop.isMarked), [], path);
    await page.reload();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main", path);
    await page.close();
  }
  await visitor.leave();
});

test("a correction is saved, taken back and removed without scripts", async () => {
  const visitor = await world.visitor({ javaScriptEnabled: false });
  await visitor.signIn(account);
  const page = await visitor.open("/settings/data");
  const card = page.locator("section.card", { has: page.getByRole("heading", { name: "Age band" }) });
  await card.getByLabel("Age band: Correct to").selectOption("35-44");
  await card.getByRole("button", { name: "Save" }).click();
  await page.getByRole("status").getByText("Saved").waitFor();
  assert.equal(await card.locator(".big").innerText(), "35 to 44");
  await card.getByRole("button", { name: "Don’t use this" }).click();
  await card.getByText("No partner gets it.").waitFor();
  await card.getByRole("button", { name: "Use it again" }).click();
  await card.getByText("In use").waitFor();
  await card.getByRole("button", { name: "Remove" }).click();
  await card.getByText("You had this removed.").waitFor();
  await visitor.leave();
});

test("the history shows each change with the words that stood beside the switch", async () => {
  const visitor = await world.visitor();
  const page = await visitor.signIn(account);
  await page.getByRole("button", { name: SWITCHES[0].off, exact: true }).click();
  await page.getByRole("link", { name: "History" }).click();
  const first = page.getByRole("listitem").filter({ has: page.getByRole("heading") }).first();
  const words = await first.innerText();
  assert.match(words, /Share your data/);
  assert.match(words, /Turn sharing off/);
  await visitor.leave();
});

test("whoever signs out cannot go back to the settings", async () => {
  const visitor = await world.visitor();
  const page = await visitor.signIn(account);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/partners");
  await page.goBack();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await visitor.leave();
});

/** Waits until the page says that this was saved, and that it holds. */
async function told(page, state) {
  const banner = page.getByRole("status").filter({ hasText: `${state}.` });
  await banner.getByText(/In effect everywhere since /).waitFor();
}

/** Goes to a button with the tabulator key and presses it; returns how many keys that took. */
async function pressByKeyboard(page, name) {
  for (let keys = 1; keys < STOPS_MAX; keys += 1) {
    await page.keyboard.press("Tab");
    const focused = page.locator(":focus");
    if ((await focused.innerText()) === name) {
      await page.keyboard.press("Enter");
      return keys + 1;
    }
  }
  throw new Error(`no way leads to ${name}`);
}

/** Goes through all stops of a page and returns what each says, and whether one sees where it is. */
async function walk(page) {
  const stops = [];
  for (let keys = 0; keys < STOPS_MAX; keys += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return undefined;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const { width, height } = element.getBoundingClientRect();
      const isMarked = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && width > 0 && height > 0;
      return { words: element.innerText, isMarked };
    });
    if (!stop) return stops;
    stops.push(stop);
  }
  throw new Error("the page has no end");
}

/** Returns how a button looks, its words aside. */
async function look(page, name) {
  return page.getByRole("button", { name, exact: true }).evaluate((button) => {
    const style = getComputedStyle(button);
    const { x, height } = button.getBoundingClientRect();
    const { color, backgroundColor, fontSize, fontWeight, minInlineSize } = style;
    return { color, backgroundColor, fontSize, fontWeight, minInlineSize, x, height };
  });
}
