// People sign in at the platform's identity provider: somebody else's program, in a real browser.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { findings, takePicture } from "../support/look.js";
import { CLIENT, IdentityProvider, SECRET, signInThere } from "../support/provider.js";
import { GATEWAY, World } from "../support/world.js";

let world;
let provider;
let dir;

before(async () => {
  provider = await IdentityProvider.start(GATEWAY);
  dir = await mkdtemp(join(tmpdir(), "sluicegate-e2e-"));
  const secret = join(dir, "secret");
  await writeFile(secret, `${SECRET}\n`);
  const quoted = JSON.stringify;
  world = await World.start({
    publisher: false,
    more: `[oidc]\nissuer = ${quoted(provider.origin)}\nclient_id = "${CLIENT}"\nclient_secret_file = ${quoted(secret)}\n`,
  });
  await world.gateway.welcome("person-1");
});

after(async () => {
  await world?.stop();
  await provider?.stop();
  if (dir) await rm(dir, { recursive: true });
});

for (const [words, options] of [["with scripts", {}], ["without scripts", { javaScriptEnabled: false }]]) {
  test(`somebody signs in there and finds the settings of that account, ${words}`, async () => {
    const visitor = await world.visitor(options);
    const addresses = [];
    visitor.context.on("request", (request) => addresses.push(request.url()));
    const page = await visitor.open("/settings", 401);
    await page.getByRole("link", { name: "Sign in" }).click();
    await signInThere(page, "person-1");
    await page.waitForURL("**/settings");
    await page.getByText("Sharing is on").first().waitFor();
    const ours = addresses.filter((address) => address.startsWith(GATEWAY));
    assert.ok(ours.some((address) => address.includes("/signin/callback?code=")));
    assert.ok(!ours.some((address) => address.includes("person-1")), "no account in an address of ours");
    await visitor.leave();
  });
}

test("the provider signs with a new key, and people still arrive", async () => {
  provider.rotate("ES256");
  const visitor = await world.visitor();
  const page = await visitor.open("/signin");
  // The key is younger than what the gateway read of them.
  await signInThere(page, "person-1");
  await page.waitForURL("**/settings");
  await visitor.leave();
});

test("whoever signs out has to sign in anew, and is shown where they may still be signed in", async () => {
  const visitor = await world.visitor();
  const page = await visitor.open("/signin");
  await signInThere(page, "person-1");
  await page.waitForURL("**/settings");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You are signed out here" }).waitFor();
  await takePicture(page, "public/signed-out");
  assert.deepEqual(await findings(page), []);
  const there = page.getByRole("link", { name: /Sign out at .* too/ });
  assert.ok((await there.getAttribute("href")).startsWith(provider.origin));
  await page.goto(`${GATEWAY}/signin`);
  await page.locator('input[name="login"]').waitFor();
  await visitor.leave();
});

test("whoever signs out at the provider is signed out here at once, in every browser of that session only", async () => {
  provider.tell(`${world.gateway.origin}/signin/backchannel-logout`);
  const [visitor, other] = [await world.visitor(), await world.visitor()];
  for (const one of [visitor, other]) {
    const page = await one.open("/signin");
    await signInThere(page, "person-1");
    await page.waitForURL("**/settings");
  }
  const there = await visitor.context.newPage();
  await there.goto(`${provider.origin}/session/end?client_id=${CLIENT}`);
  await there.getByRole("button", { name: "Yes, sign me out" }).click();
  await there.waitForLoadState();
  const page = await visitor.open("/settings", 401);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  const elsewhere = await other.open("/settings");
  await elsewhere.getByText("Sharing is on").first().waitFor();
  await visitor.leave();
  await other.leave();
});

test("an answer that was meant for another browser signs nobody in", async () => {
  const first = await world.visitor();
  const page = await first.open("/partners");
  const answer = await caught(page, async () => {
    await page.goto(`${GATEWAY}/signin`);
    await signInThere(page, "person-1");
  });
  const second = await world.visitor();
  const elsewhere = await second.context.newPage();
  await elsewhere.goto(answer);
  await elsewhere.getByRole("heading", { name: "You were not signed in" }).waitFor();
  assert.deepEqual(await findings(elsewhere), []);
  await first.leave();
  await second.leave();
});

// Returns the address to which the provider sends the browser, which does not get there. (Playwright's routes do not see
// where a redirect leads.)
async function caught(page, signIn) {
  const session = await page.context().newCDPSession(page);
  await session.send("Fetch.enable", { patterns: [{ urlPattern: "*/signin/callback?*" }] });
  const stopped = new Promise((resolve) => {
    session.on("Fetch.requestPaused", ({ requestId, request }) => {
      resolve(request.url);
      session.send("Fetch.failRequest", { requestId, errorReason: "Aborted" }).catch(() => {});
    });
  });
  await signIn();
  return stopped;
}
