// The pictures of README and docs, taken of the running program: `cargo xtask pictures`.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./support/process.js";
import { World } from "./support/world.js";

const FOLDER = join(ROOT, "docs/images");
const ACCOUNT = "person-1";
const DEVICE = "6d92078a-8246-4ba4-ae5b-76104861e7dc";

/** What is shown: which page, how wide, in which language and light, and what is done there first. */
const PICTURES = [
  { name: "settings", path: "/settings", width: 900, height: 1000, first: turnOff },
  { name: "settings-arabic-dark", path: "/settings", width: 480, height: 1000, locale: "ar", colorScheme: "dark" },
  { name: "shared", path: "/settings/shared", width: 900, height: 1100 },
];

const world = await World.start({ north: 1.5, south: 1.1, publisher: false });
try {
  const { gateway } = world;
  await gateway.welcome(ACCOUNT);
  await gateway.auction(bidRequest());
  await gateway.expose(ACCOUNT, DEVICE);
  await world.measurement.message("/events");
  await mkdir(FOLDER, { recursive: true });
  for (const picture of PICTURES) await take(picture);
} finally {
  await world.stop();
}

async function take({ name, path, width, height, locale = "en", colorScheme = "light", first }) {
  const visitor = await world.visitor({ viewport: { width, height }, locale, colorScheme });
  const signedIn = await visitor.signIn(ACCOUNT);
  await first?.(signedIn);
  const page = first ? signedIn : await visitor.open(path);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await visitor.leave();
}

async function turnOff(page) {
  await page.getByRole("button", { name: "Turn sharing off" }).click();
  await page.getByRole("status").waitFor();
}

function bidRequest() {
  return {
    id: "r",
    tmax: 9000,
    imp: [{ id: "1", tagid: "feed-top", banner: { w: 320, h: 50 } }],
    app: { bundle: "com.example.reader" },
    user: { id: ACCOUNT },
    device: {
      ifa: DEVICE,
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
