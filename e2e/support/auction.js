// One auction of Prebid.js on the publisher's page, seen from the page and from the wire.

import { GATEWAY, NORTH, SOUTH } from "./world.js";

/** How often the same is asked at most. */
const HELD_MAX = 100;
/** How the gateway counts partners that did not answer in time. */
const TIMED_OUT = /^sluicegate_exchange_unheard_total\{.*status="timeout"\}/;

/**
 * Holds it and returns what the page came to know (`bids`, `events`), and what went over the wire: the
 * `request` and the `answer`, which is undefined where the browser did not let the page read it.
 *
 * On a busy machine a partner can miss the 50 ms in which its message may go: then the same is asked again.
 */
export async function holdAuction(page, options = {}) {
  for (let held = 0; held < HELD_MAX; held += 1) {
    const before = await timedOut(page);
    const auction = await holdOnce(page, options);
    if ((await timedOut(page)) === before) return auction;
  }
  throw new Error("a partner missed its time again and again");
}

async function holdOnce(page, options) {
  const sent = page.waitForRequest((request) => isAuction(request) && request.method() === "POST");
  const events = await page.evaluate((all) => window.holdAuction(all), {
    gateway: GATEWAY,
    bidders: [NORTH, SOUTH],
    codes: ["feed-top"],
    ...options,
  });
  const request = await sent;
  const response = await request.response().catch(() => undefined);
  const text = await response?.text().catch(() => undefined);
  const answer = text ? JSON.parse(text) : undefined;
  return {
    events: events.map((one) => one.event),
    bids: events.filter((one) => one.event === "bidResponse"),
    request,
    status: response?.status(),
    answer,
  };
}

/** Returns what was counted of partners that did not answer in time: a page is not told of them. */
async function timedOut(page) {
  const metrics = await page.context().newPage();
  const answer = await metrics.goto(`${GATEWAY}/metrics`);
  const lines = (await answer.text()).split("\n");
  await metrics.close();
  return lines.filter((line) => TIMED_OUT.test(line)).join("\n");
}

/** Shows the best ad of a place and returns the bid and what the frame shows. */
export async function showBest(page, code = "feed-top") {
  const bid = await page.evaluate((place) => window.showBest(place), code);
  // Prebid.js puts a frame of its own into the publisher's.
  const frame = page.frameLocator(`#${code} > iframe`).frameLocator("iframe");
  return { bid, text: await frame.locator(".ad").innerText() };
}

function isAuction(request) {
  return new URL(request.url()).pathname === "/openrtb2/auction";
}
