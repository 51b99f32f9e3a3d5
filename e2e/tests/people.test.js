// What people come for besides the switches: another language, a browser without an account, a signal that goes
// against the switch, what was shared, and what is kept. With scripts and without, by keyboard where that is all.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, test } from "node:test";
import { LANGUAGES } from "../support/look.js";
import { World } from "../support/world.js";

const WAYS = [["with scripts", {}], ["without scripts", { javaScriptEnabled: false }]];
const DEVICE = "6d92078a-8246-4ba4-ae5b-76104861e7dc";
const STOPS_MAX = 80;

let world;
let people = 0;
let account;

before(async () => {
  world = await World.start({ north: 1.5, south: 1.1, publisher: false });
});

beforeEach(async () => {
  people += 1;
  account = `person-${people}`;
  await world.gateway.welcome(account);
});

after(() => world?.stop());

for (const [words, options] of WAYS) {
  test(`a browser without an account turns sharing off and on in as many steps, ${words}`, async () => {
    const visitor = await world.visitor(options);
    const page = await visitor.open("/device");
    for (const [press, state] of [
      ["Turn sharing off", "Sharing is off."],
      ["Turn sharing on", "Sharing is on."],
      ["Turn sharing off", "Sharing is off."],
    ]) {
      await page.getByRole("button", { name: press, exact: true }).click();
      await page.getByRole("status").getByText(state).waitFor();
    }
    await page.getByRole("link", { name: "history" }).click();
    await page.getByRole("heading", { name: "Sharing is off" }).first().waitFor();
    assert.equal(await page.getByText("At this browser").count(), 3);
    await visitor.leave();
  });

  test(`the question of the browser's signal is asked once and the answer is in the history, ${words}`, async () => {
    const visitor = await world.visitor({ ...options, extraHTTPHeaders: { "sec-gpc": "1" } });
    const page = await visitor.signIn(account);
    const buttons = page.getByRole("region", { name: "Your browser asks not to share, and your switch is on" });
    const off = buttons.getByRole("button", { name: "Turn sharing off everywhere" });
    const on = buttons.getByRole("button", { name: "Keep sharing on elsewhere" });
    assert.deepEqual(await look(off), await look(on));
    await on.click();
    await page.getByText("In effect everywhere since").waitFor();
    assert.equal(await off.count(), 0);
    assert.equal(await page.getByText("honoured here").count(), 1);
    await page.getByRole("link", { name: "History", exact: true }).click();
    await page.getByText(/Shown then, in English: .*What should hold on your other devices/).waitFor();
    await visitor.leave();
  });

  test(`every language is one press away and stays, ${words}`, async () => {
    const visitor = await world.visitor(options);
    const page = await visitor.signIn(account);
    for (const { tag, direction } of [...LANGUAGES].reverse()) {
      await page.locator(`footer a[hreflang=${tag}]`).click();
      await page.waitForURL(`**lang=${tag}`);
      const again = await visitor.open("/settings/shared");
      assert.equal(await again.locator("html").getAttribute("lang"), tag);
      assert.equal(await again.locator("html").getAttribute("dir"), direction);
      await again.close();
    }
    await visitor.leave();
  });

  test(`what was shared is found by partner and month, and taken along, ${words}`, async () => {
    await world.gateway.auction(bidRequest(account));
    const visitor = await world.visitor({ ...options, acceptDownloads: true });
    await (await visitor.signIn(account)).close();
    const page = await visitor.open("/settings/shared");
    await page.getByText(/In this time 2 messages with data about you left/).waitFor();
    await page.getByText("Advertising id").first().waitFor();
    await page.getByLabel("Partner", { exact: true }).selectOption({ label: "Demo Bidder North: Buying ads through Demo Bidder North" });
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByText(/In this time 1 message with data about you left/).waitFor();
    await page.getByLabel("What", { exact: true }).selectOption("withheld");
    await page.getByLabel("Time", { exact: true }).selectOption({ index: 10 });
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByText("Only what was held back is shown, not what was shared.").waitFor();
    await page.getByText("Nothing had to be held back here in this time.").waitFor();
    assert.equal(await page.getByText("Nothing was shared").count(), 0);
    const week = await visitor.open("/settings/shared");
    assert.match(await download(week, "CSV"), /^record,partnership,path,.*\r\n"disclosure","demo-bidder-/);
    const { records } = JSON.parse(await download(week, "JSON"));
    assert.equal(records.filter(({ record }) => record === "disclosure").length, 2);
    await visitor.leave();
  });
}

test("the next message to each partner shows what it would get, and nothing once sharing is off", async () => {
  const visitor = await world.visitor({ javaScriptEnabled: false });
  const page = await visitor.signIn(account);
  const next = async () => {
    const shown = await visitor.open("/settings/shared");
    const chips = await shown.locator("#next ~ article .chip").allInnerTexts();
    await shown.close();
    return chips;
  };
  const open = await next();
  assert.ok(open.includes("Gets data about you"), `${open}`);
  await page.getByRole("button", { name: "Turn sharing off" }).click();
  await page.getByRole("status").waitFor();
  const controlled = visitor.open("/settings/shared");
  const shown = await controlled;
  const closed = await shown.locator("#next ~ article:not(.outside) .chip").allInnerTexts();
  assert.deepEqual([...new Set(closed)], ["Gets nothing about you"]);
  await visitor.leave();
});

test("an interest is switched off, on and removed by keyboard alone", async () => {
  await world.gateway.note(account, { interests: [{ name: "Hiking", source: "inferred" }] });
  const visitor = await world.visitor({ javaScriptEnabled: false });
  await (await visitor.signIn(account)).close();
  const page = await visitor.open("/settings/data");
  for (const [name, next] of [
    [/^Don’t use this ?: Hiking/, /^Use it again ?: Hiking/],
    [/^Use it again ?: Hiking/, /^Don’t use this ?: Hiking/],
    [/^Remove ?: Hiking/, undefined],
  ]) {
    await press(page, name);
    await page.getByRole("status").waitFor();
    if (next) await page.getByRole("button", { name: next }).waitFor();
  }
  await page.getByText("Removed by you: Hiking").waitFor();
  const { interests } = JSON.parse(await download(page, "your data as JSON"));
  assert.deepEqual(interests.removed, ["Hiking"]);
  await visitor.leave();
});

/** Follows a link that leads to a file, and returns what is in it. */
async function download(page, name) {
  const started = page.waitForEvent("download");
  await page.getByRole("link", { name, exact: true }).click();
  return readFile(await (await started).path(), "utf8");
}

/** Goes to a control with the tabulator key and presses it. */
async function press(page, name) {
  for (let keys = 1; keys < STOPS_MAX; keys += 1) {
    await page.keyboard.press("Tab");
    if (name.test(await page.locator(":focus").evaluate((element) => element.textContent))) {
      return page.keyboard.press("Enter");
    }
  }
  throw new Error(`no way leads to ${name}`);
}

async function look(button) {
  return button.evaluate((element) => {
    const { color, backgroundColor, fontSize, fontWeight, minInlineSize } = getComputedStyle(element);
    return { color, backgroundColor, fontSize, fontWeight, minInlineSize, height: element.offsetHeight };
  });
}

function bidRequest(account) {
  return {
    id: "r",
    tmax: 9000,
    imp: [{ id: "1", tagid: "feed-top", banner: { w: 320, h: 50 } }],
    app: { bundle: "com.example.reader" },
    user: { id: account },
    device: { ifa: DEVICE, lmt: 0, os: "android", ip: "203.0.113.7", geo: { country: "USA" } },
  };
}
