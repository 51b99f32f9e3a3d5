// What is open to everyone, and how it fits into a platform: the list of partners with its editions, what changed,
// the feed, whether it helped; the advertiser's report; the pages at a platform's own address and in its look.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parseAtomFeed } from "feedsmith";
import { LANGUAGES, SCHEMES, findings, sticksOut, takePicture } from "../support/look.js";
import { GATEWAY, World } from "../support/world.js";

/** What can be seen without signing in. */
const VIEWS = [
  { name: "partners", path: "/partners" },
  { name: "edition", path: "/partners/editions/1" },
  { name: "editions", path: "/partners/editions" },
  { name: "changes", path: "/partners/changes?from=1&to=2" },
  { name: "changes-none", path: "/partners/changes?from=2&to=2" },
  { name: "no-such-edition", path: "/partners/editions/99", status: 404 },
  { name: "no-such-page", path: "/settings/nope", status: 404 },
  { name: "thanks", path: "/partners?said=not-helpful" },
];

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="5" fill="#7a1f5c"/></svg>`;

let world;
let embedded;
let dir;

before(async () => {
  world = await World.start({ publisher: false });
  await world.gateway.publishWith((name, text) =>
    name === "demo-bidder-south.toml"
      ? text.replace("retention_days = 14", "retention_days = 30").replace(', "demographic"]', "]")
      : text,
  );
  await world.gateway.welcome("person-1");
  await world.gateway.choose("person-1", "sharing", "on");
  await world.gateway.expose("person-1", "6d92078a-8246-4ba4-ae5b-76104861e7dc");
  await world.gateway.spend("12.50");
  dir = await mkdtemp(join(tmpdir(), "sluicegate-e2e-"));
  const logo = join(dir, "logo.svg");
  await writeFile(logo, LOGO);
  embedded = await World.start({
    publisher: false,
    more: `[pages]
path = "/privacy"
accent = "#7a1f5c"
accent_dark = "#f0b4da"
logo_file = ${JSON.stringify(logo)}
frame_ancestors = ["http://www.platform.example"]
`,
    others: { "www.platform.example": frames(), "www.stranger.example": frames() },
  });
  await embedded.gateway.welcome("person-1");
});

after(async () => {
  await world?.stop();
  await embedded?.stop();
  if (dir) await rm(dir, { recursive: true });
});

for (const view of VIEWS) {
  test(`axe-core finds nothing on ${view.name}, in light and dark, at every width, in every language`, async () => {
    const visitor = await world.visitor();
    const page = await visitor.open(view.path, view.status);
    for (const { tag, widths } of LANGUAGES) {
      await page.goto(`${GATEWAY}${view.path}${view.path.includes("?") ? "&" : "?"}lang=${tag}`);
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        for (const width of widths) {
          await page.setViewportSize({ width, height: 900 });
          await takePicture(page, `public/${view.name}-${tag}-${colorScheme}-${width}`);
          assert.deepEqual(await findings(page), [], `${tag}, ${colorScheme}, ${width} pixels`);
          assert.deepEqual(await sticksOut(page), [], `${tag}, ${width} pixels`);
        }
      }
    }
    await visitor.leave();
  });
}

test("somebody finds what changed since they last looked, and looks back, by keyboard and without scripts", async () => {
  const visitor = await world.visitor({ javaScriptEnabled: false });
  await visitor.context.addCookies([{ name: "partners-seen", value: "1", url: GATEWAY }]);
  const page = await visitor.open("/partners");
  await page.getByText("The list has changed since you last looked").waitFor();
  await page.getByRole("link", { name: "What has changed" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "What changed from edition 1 to edition 2" }).waitFor();
  const card = page.getByRole("article").filter({ hasText: "Demo Bidder South" });
  assert.match(await card.innerText(), /No longer\s+14 days/);
  assert.match(await card.innerText(), /New\s+30 days/);
  assert.match(await card.innerText(), /No longer\s+.*gender and age band/);
  await page.getByLabel("From edition").selectOption("2");
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByText("one and the same edition").waitFor();
  await page.getByRole("link", { name: "All editions" }).click();
  await page.getByRole("link", { name: "Edition 1", exact: true }).click();
  await page.getByText("It is not in force any more").waitFor();
  await page.goto(`${GATEWAY}/partners`);
  assert.equal(await page.getByText("since you last looked").count(), 0);
  const cookies = await visitor.context.cookies();
  assert.deepEqual(cookies.map(({ name, value }) => `${name}=${value}`), ["partners-seen=2"]);
  await visitor.leave();
});

test("somebody says that the page did not help, and the operator reads it", async () => {
  const visitor = await world.visitor({ javaScriptEnabled: false });
  const page = await visitor.open("/partners");
  await page.getByLabel("No", { exact: true }).check();
  await page.getByLabel(/How could it be better/).fill("Say who pays.");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("status").getByText("counted for edition 2").waitFor();
  const said = await world.gateway.feedback();
  assert.deepEqual(said.editions, [{ edition: 2, helpful: 0, not_helpful: 1 }]);
  assert.deepEqual(said.remarks.map(({ edition, verdict, text }) => [edition, verdict, text]), [[2, "not_helpful", "Say who pays."]]);
  await visitor.leave();
});

test("a reader of feeds that others wrote reads the feed", async () => {
  const response = await fetch(`${world.gateway.origin}/partners.atom`);
  assert.match(response.headers.get("content-type"), /^application\/atom\+xml/);
  const feed = parseAtomFeed(await response.text());
  assert.equal(feed.links.find((link) => link.rel === "self").href, `${GATEWAY}/partners.atom`);
  assert.equal(feed.entries.length, 2);
  const [latest, first] = feed.entries;
  assert.match(latest.id, /^urn:sluicegate:edition:[0-9a-f]{64}$/);
  assert.match(latest.content.value ?? latest.content, /No longer: 14 days; New: 30 days/);
  assert.match(first.content.value ?? first.content, /The first edition/);
  assert.ok(new Date(latest.updated) >= new Date(first.updated));
});

test("on paper the list has its addresses and nothing to press", async () => {
  const visitor = await world.visitor();
  const page = await visitor.open("/partners");
  await page.emulateMedia({ media: "print" });
  await takePicture(page, "public/partners-print");
  for (const hidden of [page.getByRole("button"), page.getByRole("textbox"), page.getByRole("navigation")]) {
    assert.equal(await hidden.filter({ visible: true }).count(), 0);
  }
  await visitor.leave();
});

/** Each look is a request of its own. */
const LOOKS_MAX = 500;
/** A phone, a tablet, a desktop. */
const WIDTHS = [320, 768, 1280];

test("an advertiser's report fits, and axe-core finds nothing on it", async () => {
  const key = "sg_test_operator";
  const httpCredentials = { username: "anyone", password: key };
  const visitor = await world.visitor({ httpCredentials });
  const page = await visitor.open("/reports/demo-running-shoes");
  const exposed = page.getByRole("region", { name: "By campaign" }).getByRole("cell");
  // What was exposed is in the report once its reader of the journal has passed it.
  for (let looks = 0; looks < LOOKS_MAX && (await exposed.count()) === 0; looks += 1) await page.reload();
  // 11 columns of what ads led to, and 7 of what they cost; those of the days once they are opened.
  assert.equal(await page.getByRole("columnheader").count(), 18);
  await page.getByText("Every day in a table").click();
  assert.equal(await page.getByRole("columnheader").count(), 24);
  assert.equal(await page.getByRole("region", { name: "Every day" }).getByRole("rowheader").count(), 28);
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await takePicture(page, `public/report-${colorScheme}-${width}`);
      assert.deepEqual(await findings(page), [], `${colorScheme}, ${width} pixels`);
      assert.deepEqual(await sticksOut(page), [], `${width} pixels`);
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  const scrolls = await page.locator(".table").evaluateAll((tables) => tables.some((one) => one.scrollWidth > one.clientWidth));
  assert.equal(scrolls, false, "no table scrolls sideways on a desktop");
  await visitor.leave();
});

test("a report of other days is asked for with a form, and what is wrong is said beside its field", async () => {
  const httpCredentials = { username: "anyone", password: "sg_test_operator" };
  const visitor = await world.visitor({ httpCredentials });
  const page = await visitor.open("/reports/demo-running-shoes");
  const today = await page.getByLabel("To", { exact: true }).inputValue();
  await page.getByLabel("From", { exact: true }).fill(today);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.getByText(`From ${today} to ${today}`).waitFor();
  for (const address of ["?from=yesterday", "?from=2001-01-01&to=2001-01-02"]) {
    const refused = await visitor.open(`/reports/demo-running-shoes${address}`, 400);
    const from = refused.getByLabel("From", { exact: true });
    assert.equal(await from.getAttribute("aria-invalid"), "true");
    assert.match(await refused.locator(`#${await from.getAttribute("aria-describedby")}`).textContent(), /^From: /);
    for (const width of [390, 1280]) {
      await refused.setViewportSize({ width, height: 900 });
      await takePicture(refused, `public/report-refused-${width}`);
      assert.deepEqual(await findings(refused), [], `${width} pixels`);
      assert.deepEqual(await sticksOut(refused), [], `${width} pixels`);
    }
  }
  await visitor.leave();
});

test("the report on effectiveness fits, and axe-core finds nothing on it", async () => {
  const visitor = await world.visitor();
  const page = await visitor.open("/effectiveness");
  await page.getByText("In effect everywhere").waitFor();
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await takePicture(page, `public/effectiveness-${colorScheme}-${width}`);
      assert.deepEqual(await findings(page), [], `${colorScheme}, ${width} pixels`);
      assert.deepEqual(await sticksOut(page), [], `${width} pixels`);
    }
  }
  await visitor.leave();
});

test("at a platform's own address the pages work as at the root, in its colours", async () => {
  const visitor = await embedded.visitor();
  const asked = [];
  visitor.context.on("request", (request) => asked.push(request.url()));
  const page = await visitor.context.newPage();
  await page.goto(`${GATEWAY}/privacy${embedded.gateway.signIn("person-1")}`);
  await page.waitForURL("**/privacy/settings");
  await page.getByRole("button", { name: "Turn sharing off", exact: true }).click();
  await page.getByRole("status").getByText("Sharing is off").waitFor();
  for (const name of ["Your data", "What was shared", "History", "Partners"]) {
    await page.getByRole("navigation").first().getByRole("link", { name, exact: true }).click();
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.ok(new URL(page.url()).pathname.startsWith("/privacy/"), page.url());
  }
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    await takePicture(page, `public/embedded-${colorScheme}`);
    assert.deepEqual(await findings(page), [], colorScheme);
  }
  const colour = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--accent").trim());
  assert.equal(colour, "#f0b4da");
  const outside = asked.filter((url) => !url.startsWith(`${GATEWAY}/privacy/`));
  assert.deepEqual(outside, []);
  await visitor.leave();
});

test("the pages stand in the platform's frames and in nobody else's", async () => {
  for (const [origin, isShown] of [["http://www.platform.example", true], ["http://www.stranger.example", false]]) {
    const visitor = await embedded.visitor();
    const page = await visitor.context.newPage();
    await page.goto(`${origin}/`);
    const shown = await page.frameLocator("iframe").getByRole("heading", { level: 1 }).count();
    assert.equal(shown === 1, isShown, origin);
    await visitor.leave();
  }
});

/** A page of the platform's, or of a stranger's, with ours in a frame. */
function frames() {
  return createServer((_request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><html lang="en"><title>Frame</title><iframe title="Partners" src="${GATEWAY}/privacy/partners"></iframe>`);
  });
}

test("which editions are compared can be read on a phone, in every language", async () => {
  const visitor = await world.visitor();
  for (const { tag } of LANGUAGES) {
    const page = await visitor.open(`/partners/changes?from=1&to=2&lang=${tag}`);
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 900 });
      const cut = await page.locator("select").evaluateAll((selects) => selects.filter((one) => {
        const shown = one.offsetWidth;
        Object.assign(one.style, { inlineSize: "max-content", minInlineSize: "0", maxInlineSize: "none" });
        const wanted = one.offsetWidth;
        Object.assign(one.style, { inlineSize: "", minInlineSize: "", maxInlineSize: "" });
        return wanted > shown;
      }).length);
      assert.equal(cut, 0, `${tag}, ${width} pixels`);
    }
  }
  await visitor.leave();
});
