// The people's pages, every one in light and dark, on a phone, a tablet and a desktop, in every language.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  LANGUAGES,
  SCHEMES,
  findings,
  offTheirLine,
  readAloud,
  spreadText,
  sticksOut,
  takePicture,
} from "../support/look.js";
import { GATEWAY, World } from "../support/world.js";

/** Shares, and has something to see on every page. */
const SHARES = "person-1";
/** Turned sharing off. */
const OFF = "person-2";
/** Nothing is known of this person. */
const NEW = "person-3";

/** What can be seen: who looks, and where. Nobody is signed in where no account stands. */
const VIEWS = [
  { name: "settings", account: SHARES, path: "/settings" },
  { name: "settings-off", account: OFF, path: "/settings" },
  { name: "settings-signal", account: SHARES, path: "/settings", headers: { "sec-gpc": "1" } },
  { name: "data", account: SHARES, path: "/settings/data" },
  { name: "data-unknown", account: NEW, path: "/settings/data" },
  { name: "shared", account: SHARES, path: "/settings/shared" },
  { name: "shared-off", account: OFF, path: "/settings/shared" },
  { name: "shared-nothing", account: NEW, path: "/settings/shared" },
  { name: "shared-month", account: SHARES, path: "/settings/shared?range=2025-01&show=told" },
  { name: "history", account: OFF, path: "/settings/history" },
  { name: "history-nothing", account: NEW, path: "/settings/history" },
  { name: "browser", path: "/device" },
  { name: "browser-signal", path: "/device", headers: { "sec-gpc": "1" } },
  { name: "partners", account: SHARES, path: "/partners" },
  { name: "partners-signed-out", path: "/partners" },
  { name: "signed-out", path: "/settings" },
  { name: "sign-in-refused", path: "/signin?token=no" },
];

let world;

before(async () => {
  world = await World.start({ north: 1.5, south: 1.1, publisher: false });
  const { gateway, measurement } = world;
  for (const account of [SHARES, OFF]) await gateway.welcome(account);
  await gateway.note(SHARES, {
    languages: [{ name: "de", source: "declared" }],
    interests: [{ name: "Hiking", source: "inferred" }, { name: "Jazz", source: "inferred" }],
  });
  await gateway.choose(OFF, "sharing", "off");
  for (const account of [SHARES, OFF]) {
    await gateway.auction(bidRequest(account));
    await gateway.expose(account, DEVICES[account]);
  }
  await measurement.message("/events");
});

after(() => world?.stop());

for (const view of VIEWS) {
  test(`axe-core finds nothing on ${view.name}, in any language, in light and dark`, async () => {
    for (const { tag, widths } of LANGUAGES) {
      await look(view, { locale: tag }, async (page) => {
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme });
          for (const width of widths) {
            await page.setViewportSize({ width, height: 900 });
            await takePicture(page, `pages/${view.name}-${tag}-${colorScheme}-${width}`);
            assert.deepEqual(await findings(page), [], `${tag}, ${colorScheme}, ${width} pixels`);
          }
        }
      });
    }
  });
}

test("nothing sticks out on a narrow screen in any language, with the text spread out either", async () => {
  for (const view of VIEWS) {
    for (const { tag } of LANGUAGES) {
      const narrow = { viewport: { width: 320, height: 900 }, bypassCSP: true, locale: tag };
      await look(view, narrow, async (page) => {
        assert.deepEqual(await sticksOut(page), [], `${view.name}, ${tag}`);
        await spreadText(page);
        await takePicture(page, `spread/${view.name}-${tag}`);
        assert.deepEqual(await sticksOut(page), [], `${view.name}, ${tag}, spread`);
      });
    }
  }
});

test("a screen reader meets the page's name, then its state, then what changes it, in every language", async () => {
  for (const { tag, direction } of LANGUAGES) {
    await look({ name: "settings", account: SHARES, path: "/settings" }, { locale: tag }, async (page) => {
      assert.equal(await page.locator("html").getAttribute("dir"), direction);
      const order = await readAloud(page);
      const roles = order.filter(({ role }) => ["banner", "main", "contentinfo"].includes(role));
      assert.deepEqual(roles.map(({ role }) => role), ["banner", "main", "contentinfo"], tag);
      assert.ok(order.every(({ role, name }) => !["button", "link", "heading"].includes(role) || name), tag);
      const main = order.slice(order.findIndex(({ role }) => role === "main"));
      const heading = main.findIndex(({ role, level }) => role === "heading" && level === 2);
      const button = main.findIndex(({ role }) => role === "button");
      assert.ok(main.findIndex(({ level }) => level === 1) < heading && heading < button, tag);
      const between = main.slice(heading, button).map(({ role }) => role);
      assert.ok(between.includes("term") && between.includes("definition"), `${tag}: ${between}`);
    });
  }
});

test("each value stands on the line of its name", async () => {
  for (const view of VIEWS) {
    await look(view, {}, async (page) => assert.deepEqual(await offTheirLine(page), [], view.name));
  }
});

test("no page has a script but ours or asks for anything elsewhere", async () => {
  const asked = [];
  for (const view of VIEWS) {
    await look(view, {}, async (page) => {
      page.on("request", (request) => asked.push(request.url()));
      await page.reload();
      assert.equal(await page.locator("script").count(), 1, view.name);
    });
  }
  assert.deepEqual(asked.filter((url) => !url.startsWith(`${GATEWAY}/`)), []);
});

/** Has a view looked at by whom it is for. */
async function look({ account, path, headers }, options, seen) {
  const visitor = await world.visitor({ extraHTTPHeaders: headers, ...options });
  if (account) await visitor.signIn(account);
  await seen(await visitor.open(path));
  await visitor.leave();
}

const DEVICES = { [SHARES]: "6d92078a-8246-4ba4-ae5b-76104861e7dc", [OFF]: "55555555-6666-4777-8888-999999999999" };

function bidRequest(account) {
  return {
    id: "r",
    tmax: 9000,
    imp: [{ id: "1", tagid: "feed-top", banner: { w: 320, h: 50 } }],
    app: { bundle: "com.example.reader" },
    user: { id: account },
    device: {
      ifa: DEVICES[account],
      lmt: 0,
      make: "Example Phones",
      model: "EP-7",
      os: "android",
      osv: "15",
      ua: "Mozilla/5.0 (Linux; Android 15; EP-7)",
      ip: "203.0.113.7",
      geo: { country: "USA" },
    },
  };
}
