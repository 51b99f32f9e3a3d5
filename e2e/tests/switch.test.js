// Somebody turns sharing off and on where people do: on the settings page, in a browser. The next auction
// of the page beside it is another one.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { holdAuction } from "../support/auction.js";
import { NEWS, NORTH, SOUTH, World } from "../support/world.js";

let world;
let visitor;

before(async () => {
  world = await World.start({ north: 1.5, south: 1.1 });
  await world.gateway.welcome("person-1");
});

beforeEach(async () => {
  await visitor?.leave();
  visitor = await world.visitor();
});

after(() => world?.stop());

test("off on the settings page holds from the next auction on, and on opens it again", async () => {
  const settings = await visitor.signIn("person-1");
  const page = await visitor.read(NEWS);

  assert.deepEqual(await bidders(page), [NORTH, SOUTH]);
  assert.ok(world.north.asked[0].user.id);

  await settings.getByRole("button", { name: "Turn sharing off" }).click();
  await settings.getByText("Sharing is off").first().waitFor();
  assert.deepEqual(await bidders(page), [SOUTH]);
  assert.deepEqual(world.north.asked, [], "North is not asked at all");
  const [{ user, device }] = world.south.asked;
  assert.deepEqual([user, device], [undefined, undefined], "South is asked without the person");

  await settings.getByRole("button", { name: "Turn sharing on" }).click();
  await settings.getByText("Sharing is on").first().waitFor();
  assert.deepEqual(await bidders(page), [NORTH, SOUTH]);
  assert.ok(world.north.asked[0].user.id);
});

test("a page cannot tell a closed gate from partners who do not bid", async () => {
  await visitor.signIn("person-1");
  const page = await visitor.read(NEWS);
  world.north.price = undefined;
  world.south.price = undefined;
  const open = await holdAuction(page);
  await world.gateway.choose("person-1", "sharing", "off");
  const closed = await holdAuction(page);
  assert.deepEqual(shape(closed), shape(open));
});

/** Holds an auction on the page and returns whose bids came to it; what the bidders hear starts anew. */
async function bidders(page) {
  world.north.forget();
  world.south.forget();
  const { bids } = await holdAuction(page);
  return bids.map((bid) => bid.bidder);
}

/** Returns all that a page sees of an answer, without the id of its own request. */
function shape({ status, answer, events }) {
  const seen = events.filter((event) => event !== "auctionDebug");
  return { status, answer: { ...answer, id: undefined }, seen };
}
