// The published Prebid.js in a real browser, with the gateway as its server.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { holdAuction, showBest } from "../support/auction.js";
import { californianOptOut, offerGpp, offerTcf, tcString } from "../support/consent.js";
import { FORUM, NEWS, NORTH, SOUTH, STRANGER, World } from "../support/world.js";

const BOTH = ["sharing", "personalize_ads"];
/** What a consent management platform adds where European law does not hold. */
const OUTSIDE_EUROPE = { regs: { gdpr: 0 } };
/** A page that claims to be another one. */
const AS_IF_NEWS = { ...OUTSIDE_EUROPE, site: { domain: "news.example", page: "https://news.example/" } };

let world;
let visitor;

before(async () => {
  world = await World.start({ north: 1.5, south: 1.1 });
  await world.gateway.welcome("person-1");
});

beforeEach(async () => {
  world.north.forget();
  world.south.forget();
  world.north.price = 1.5;
  world.south.price = 1.1;
  await visitor?.leave();
  visitor = await world.visitor();
});

after(() => world?.stop());

test("every seat's bid reaches the page and its own auction chooses", async () => {
  await visitor.signIn("person-1");
  const page = await visitor.read(NEWS);
  const { bids, events, answer } = await holdAuction(page);
  const prices = bids.map(({ bidder, cpm, currency }) => [bidder, cpm, currency]);
  assert.deepEqual(prices, [[NORTH, 1.5, "USD"], [SOUTH, 1.1, "USD"]]);
  assert.deepEqual(bids[0].meta.advertiserDomains, ["demo-advertiser.example"]);
  assert.equal(events.filter((event) => event === "bidderDone").length, 2);
  assert.equal(answer.seatbid.length, 2);
  const shown = await showBest(page);
  assert.deepEqual([shown.bid.bidder, shown.text], [NORTH, "Ad by north"]);
});

test("the chosen bidder hears of its win and is billed, each once, and the other of nothing", async () => {
  await visitor.signIn("person-1");
  const page = await visitor.read(NEWS);
  await holdAuction(page);
  assert.deepEqual(notices(), { north: [], south: [] }, "nobody has won before the page chooses");
  const reports = ["/events/win/", "/events/billable/"].map((path) =>
    page.waitForResponse((response) => response.url().includes(path)),
  );
  await showBest(page);
  for (const report of await Promise.all(reports)) {
    assert.equal(report.status(), 200);
    await page.evaluate((url) => fetch(url, { mode: "no-cors" }), report.url());
  }
  for (const path of ["/win", "/billing"]) {
    const { price, imp } = await world.north.notice(path);
    assert.deepEqual([price, imp], ["1.5", "1"]);
  }
  await holdAuction(page);
  assert.deepEqual(notices(), { north: ["/billing", "/win"], south: [] });
});

test("bidders are told that the price they bid is the price they pay", async () => {
  await visitor.signIn("person-1");
  await holdAuction(await visitor.read(NEWS));
  assert.deepEqual([world.north, world.south].map((one) => one.asked[0].at), [1, 1]);
});

test("the person of the session is known, under an id of each partner's own", async () => {
  await visitor.signIn("person-1");
  await holdAuction(await visitor.read(NEWS));
  const [toNorth] = world.north.asked;
  assert.match(toNorth.user.id, /^[0-9a-f]{64}$/);
  assert.equal(toNorth.site.page, "https://news.example/");
  assert.equal(world.south.asked[0].user.id, undefined, "South's partnership lists no identifiers");
  assert.ok(!JSON.stringify(world.north.heard).includes("person-1"));
});

test("on a page of another site the visitor is nobody", async () => {
  await visitor.signIn("person-1");
  const page = await visitor.read(FORUM);
  const { status, bids } = await holdAuction(page, { ortb2: OUTSIDE_EUROPE });
  assert.deepEqual([status, bids.map((bid) => bid.bidder)], [200, [SOUTH]]);
  assert.equal(world.north.asked.length, 0);
  assert.deepEqual(aboutThePerson(world.south.asked.at(-1)), {}, "South is asked without the person");
});

test("whoever does not bid is a clean no-bid", async () => {
  await visitor.signIn("person-1");
  world.north.price = undefined;
  world.south.price = undefined;
  const { bids, events, answer } = await holdAuction(await visitor.read(NEWS));
  assert.equal(bids.length, 0);
  assert.deepEqual(answer.seatbid, []);
  assert.equal(events.filter((event) => event === "bidderDone").length, 2);
  assert.equal(events.filter((event) => event === "noBid").length, 2);
  assert.ok(!events.includes("bidderError"));
});

test("several places are one request, and each has its own bids", async () => {
  await visitor.signIn("person-1");
  const page = await visitor.read(NEWS);
  const { bids } = await holdAuction(page, { codes: ["feed-top", "article-side"] });
  assert.equal(bids.length, 4);
  assert.equal(world.north.asked.at(-1).imp.length, 2);
  for (const code of ["feed-top", "article-side"]) {
    assert.equal((await showBest(page, code)).text, "Ad by north");
  }
});

test("a page of an origin that is not listed gets nothing, and nobody is asked", async () => {
  await visitor.signIn("person-1");
  const page = await visitor.read(STRANGER);
  const { bids, events, answer } = await holdAuction(page, { ortb2: AS_IF_NEWS });
  assert.equal(answer, undefined, "the browser keeps the answer from the page");
  assert.equal(bids.length, 0);
  assert.equal(events.filter((event) => event === "bidderError").length, 2);
  assert.equal(world.north.asked.length + world.south.asked.length, 0);
});

test("there is nothing to sync, and Prebid.js takes it well", async () => {
  await visitor.signIn("person-1");
  const page = await visitor.read(NEWS);
  const requests = [];
  visitor.context.on("request", (request) => requests.push(request.url()));
  const synced = page.waitForResponse((response) => response.url().endsWith("/cookie_sync"));
  await holdAuction(page);
  assert.deepEqual(await (await synced).json(), { status: "ok", bidder_status: [] });
  const elsewhere = requests.filter((url) => !url.startsWith("http://ads.news.example/"));
  assert.deepEqual(elsewhere, [], "the browser calls no partner");
});

test("a compressed request is read", async () => {
  await visitor.signIn("person-1");
  const page = await visitor.read(NEWS);
  const { request, status, bids } = await holdAuction(page, { compress: true });
  assert.ok(request.url().endsWith("?gzip=1"));
  assert.ok(JSON.parse(gunzipSync(request.postDataBuffer())).imp);
  assert.deepEqual([status, bids.length], [200, 2]);
});

test("the browser's Global Privacy Control closes the gate, and the answer does not show it", async () => {
  visitor = await world.visitor({ extraHTTPHeaders: { "Sec-GPC": "1" } });
  await visitor.signIn("person-1");
  const { answer } = await holdAuction(await visitor.read(NEWS));
  assert.equal(world.north.asked.length, 0);
  assert.deepEqual(answer.ext.seatnonbid[0], { seat: NORTH, nonbid: [{ impid: "feed-top", statuscode: 0 }] });
});

test("an opt-out in a string of the Global Privacy Platform is read from the page", async () => {
  await visitor.signIn("person-1");
  const said = californianOptOut();
  const page = await visitor.read(NEWS, offerGpp, said);
  await holdAuction(page, { consentManagement: { gpp: { cmpApi: "iab", timeout: 5000 } } });
  assert.equal(world.north.asked.length, 0);
  assert.deepEqual(aboutThePerson(world.south.asked.at(-1)), {}, "South is asked without the person");
});

test("in Europe partners are asked on the string's word, and it goes along", async () => {
  await world.gateway.welcome("person-2", "DEU");
  for (const setting of BOTH) await world.gateway.choose("person-2", setting, "on");
  const consentManagement = { gdpr: { cmpApi: "iab", timeout: 5000, defaultGdprScope: true } };
  for (const agrees of [false, true]) {
    world.north.forget();
    world.south.forget();
    await visitor.signIn("person-2");
    const said = { tcString: tcString({ agrees }), gdprApplies: true };
    const page = await visitor.read(NEWS, offerTcf, said);
    const { bids } = await holdAuction(page, { consentManagement });
    assert.equal(bids.length, agrees ? 2 : 0);
    const told = world.north.asked.map(({ user, regs }) => [user.consent, regs.gdpr]);
    assert.deepEqual(told, agrees ? [[said.tcString, 1]] : []);
  }
});

/** The notices that each bidder heard. */
function notices() {
  const of = (bidder) => bidder.notices.map((one) => one.path).sort();
  return { north: of(world.north), south: of(world.south) };
}

/** What a bid request tells about the person and their device. */
function aboutThePerson({ user = {}, device = {} }) {
  return { ...user, ...device };
}
