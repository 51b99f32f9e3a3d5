// The people's pages in the languages from left to right: every one in light and dark, English on a phone, a tablet
// and a desktop.

import { after, before, test } from "node:test";
import { LANGUAGES } from "../support/look.js";
import { VIEWS, examine, peopled } from "../support/views.js";

const HERE = LANGUAGES.filter(({ direction }) => direction === "ltr");

let world;

before(async () => {
  world = await peopled();
});

after(() => world?.stop());

for (const view of VIEWS) {
  test(`axe-core finds nothing on ${view.name} from left to right, in light and dark`, async () => {
    await examine(world, view, HERE);
  });
}
