// The people's pages from right to left, in light and dark, on a phone, a tablet and a desktop.

import { after, before, test } from "node:test";
import { LANGUAGES } from "../support/look.js";
import { VIEWS, examine, peopled } from "../support/views.js";

const HERE = LANGUAGES.filter(({ direction }) => direction === "rtl");

let world;

before(async () => {
  world = await peopled();
});

after(() => world?.stop());

for (const view of VIEWS) {
  test(`axe-core finds nothing on ${view.name} from right to left, in light and dark`, async () => {
    await examine(world, view, HERE);
  });
}
