// The people's pages on a narrow screen, to a screen reader, and what they load.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LANGUAGES, offTheirLine, readAloud, spreadText, sticksOut, takePicture } from "../support/look.js";
import { SHARES, VIEWS, look, nameAtLength, peopled } from "../support/views.js";
import { GATEWAY } from "../support/world.js";

let world;

before(async () => {
  world = await peopled();
});

after(() => world?.stop());

test("nothing sticks out on a narrow screen in any language, with the text spread out either", async () => {
  for (const view of VIEWS) {
    for (const { tag } of LANGUAGES) {
      const narrow = { viewport: { width: 320, height: 900 }, bypassCSP: true, locale: tag };
      await look(world, view, narrow, async (page) => {
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
    await look(world, { name: "settings", account: SHARES, path: "/settings" }, { locale: tag }, async (page) => {
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
    await look(world, view, {}, async (page) => assert.deepEqual(await offTheirLine(page), [], view.name));
  }
});

test("no page has a script but ours or asks for anything elsewhere", async () => {
  const asked = [];
  for (const view of VIEWS) {
    await look(world, view, {}, async (page) => {
      page.on("request", (request) => asked.push(request.url()));
      await page.reload();
      assert.equal(await page.locator("script").count(), 1, view.name);
    });
  }
  assert.deepEqual(asked.filter((url) => !url.startsWith(`${GATEWAY}/`)), []);
});

test("nothing sticks out where names are as long as they may be, at any width", async () => {
  await nameAtLength(world);
  const changes = { name: "changes", path: "/partners/changes?from=1&to=2" };
  const eitherWay = LANGUAGES.filter(({ tag }) => ["en", "ar"].includes(tag));
  for (const view of [...VIEWS, changes]) {
    for (const { tag, widths } of eitherWay) {
      await look(world, view, { locale: tag }, async (page) => {
        for (const width of widths) {
          await page.setViewportSize({ width, height: 900 });
          await takePicture(page, `long/${view.name}-${tag}-${width}`);
          assert.deepEqual(await sticksOut(page), [], `${view.name}, ${tag}, ${width} pixels`);
        }
      });
    }
  }
});
