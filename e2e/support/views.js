// What can be seen of the people's pages, by whom, and a world in which it can be.

import assert from "node:assert/strict";
import { SCHEMES, findings, takePicture } from "./look.js";
import { World } from "./world.js";

/** Shares, and has something to see on every page. */
export const SHARES = "person-1";
/** Turned sharing off. */
const OFF = "person-2";
/** Nothing is known of this person. */
const NEW = "person-3";

/** Shared, and turned it off then: partners were told to forget. */
const RECALLS = "person-4";
/** Known to be 15. */
const MINOR = "person-5";
/** Known to be 9. */
const CHILD = "person-6";
/** Changes something in every view. */
const CHANGES = "person-7";

/**
 * What can be seen: who looks, and where, and what they do there first. Nobody is signed in where no account
 * stands. A path that holds once is made anew each time. The status is 200 where none stands.
 */
export const VIEWS = [
  { name: "settings", account: SHARES, path: "/settings" },
  { name: "settings-off", account: OFF, path: "/settings" },
  { name: "settings-signal", account: SHARES, path: "/settings", headers: { "sec-gpc": "1" } },
  { name: "settings-recalls", account: RECALLS, path: "/settings" },
  { name: "settings-saved", account: CHANGES, path: "/settings", first: press(".switch button") },
  { name: "data", account: SHARES, path: "/settings/data" },
  { name: "data-unknown", account: NEW, path: "/settings/data" },
  { name: "data-minor", account: MINOR, path: "/settings/data" },
  { name: "data-child", account: CHILD, path: "/settings/data" },
  { name: "data-saved", account: CHANGES, path: "/settings/data", first: press("[aria-labelledby=gender] button") },
  { name: "shared", account: SHARES, path: "/settings/shared" },
  { name: "shared-off", account: OFF, path: "/settings/shared" },
  { name: "shared-recalls", account: RECALLS, path: "/settings/shared" },
  { name: "shared-nothing", account: NEW, path: "/settings/shared" },
  { name: "shared-month", account: SHARES, path: "/settings/shared?range=2025-01&show=told" },
  { name: "history", account: OFF, path: "/settings/history" },
  { name: "history-nothing", account: NEW, path: "/settings/history" },
  { name: "browser", path: "/device" },
  { name: "device", path: (gateway) => gateway.showDevice("44444444-5555-4666-8777-888888888888") },
  { name: "browser-signal", path: "/device", headers: { "sec-gpc": "1" } },
  { name: "partners", account: SHARES, path: "/partners" },
  { name: "partners-signed-out", path: "/partners" },
  { name: "signed-out", path: "/settings", status: 401 },
  { name: "sign-in-refused", path: "/signin?token=no", status: 400 },
  { name: "was-signed-out", path: "/signedout" },
];

/** Presses the first of these that there is, and waits until the page says what came of it. */
function press(selector) {
  return async (page) => {
    await page.locator(selector).first().click();
    await page.getByRole("status").waitFor();
  };
}

/** Starts a world with something on every page. */
export async function peopled() {
  const more = "[recall]\nevery_ms = 1000\npeople_min = 1\n";
  const world = await World.start({ north: 1.5, south: 1.1, publisher: false, more });
  const { gateway, north, measurement } = world;
  for (const account of [SHARES, OFF, RECALLS, CHANGES]) await gateway.welcome(account);
  for (const [account, years] of [[MINOR, 15], [CHILD, 9]]) await gateway.welcome(account, "USA", years);
  await gateway.note(SHARES, {
    languages: [{ name: "de", source: "declared" }],
    interests: [{ name: "Hiking", source: "inferred" }, { name: "Jazz", source: "inferred" }],
  });
  await gateway.choose(OFF, "sharing", "off");
  for (const account of [SHARES, OFF, RECALLS]) {
    await gateway.auction(bidRequest(account));
    await gateway.expose(account, DEVICES[account]);
  }
  await measurement.message("/events");
  await gateway.choose(RECALLS, "sharing", "off");
  await north.message("/recalls");
  return world;
}

/** The longest names that there may be, each one word of the widest letters. */
const LONGEST = { note: "W".repeat(128), partner: "W".repeat(120) };

/** Gives everything on the pages that has a name of somebody's the longest one. */
export async function nameAtLength({ gateway }) {
  const note = [{ name: LONGEST.note, source: "declared" }];
  await gateway.note(SHARES, { languages: note, interests: note });
  await gateway.publishWith((_name, text) => text.replace(/^(name|title) = ".*"$/gm, `$1 = "${LONGEST.partner}"`));
}

/** How often a view was looked at, each time from an address of its own. */
let visits = 0;

/** Has a view looked at by whom it is for. */
export async function look(world, { account, path, status, headers, first }, options, seen) {
  // Why: whoever signs in as often as all of them together is asked to wait.
  visits += 1;
  const from = { "x-forwarded-for": `2001:db8:0:${visits.toString(16)}::1` };
  const visitor = await world.visitor({ extraHTTPHeaders: { ...from, ...headers }, ...options });
  if (account) await visitor.signIn(account);
  const page = await visitor.open(typeof path === "string" ? path : path(world.gateway), status);
  await first?.(page);
  await seen(page);
  await visitor.leave();
}

/** Takes pictures of a view in these languages, in light and dark, and has axe-core find nothing. */
export async function examine(world, view, languages) {
  for (const { tag, widths } of languages) {
    await look(world, view, { locale: tag }, async (page) => {
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
}

const DEVICES = { [SHARES]: "6d92078a-8246-4ba4-ae5b-76104861e7dc", [OFF]: "55555555-6666-4777-8888-999999999999", [RECALLS]: "33333333-4444-4555-8666-777777777777" };

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
