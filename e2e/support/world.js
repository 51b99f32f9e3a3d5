// Everything that a test needs: partners, the gateway, a publisher, and a browser that finds them by name.

import assert from "node:assert/strict";
import { Bidder } from "./bidder.js";
import { start as startBrowser } from "./browser.js";
import { Gateway } from "./gateway.js";
import { Publisher } from "./publisher.js";

/** Where the gateway is for browsers: a name of the publisher's own site. */
export const GATEWAY = "http://ads.news.example";
/** The publisher's page. */
export const NEWS = "http://news.example";
/** Another site of the platform's: its pages may ask for ads, and its visitors are nobody to the gateway. */
export const FORUM = "http://forum.example";
/** Somebody else's page. */
export const STRANGER = "http://stranger.example";

export const NORTH = "demo-bidder-north";
export const SOUTH = "demo-bidder-south";

export class World {
  /**
   * Starts everything; bidders bid the prices given, `more` are further sections of the configuration, `others`
   * servers by the name that a browser knows them by. What was started is stopped where a part fails.
   */
  static async start({ north, south, publisher = true, more = "", others = {} } = {}) {
    const world = new World();
    try {
      await world.#start({ north, south, publisher, more, others });
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async #start({ north, south, publisher, more, others }) {
    this.north = await Bidder.start({ name: "north", price: north });
    this.south = await Bidder.start({ name: "south", price: south });
    this.measurement = await Bidder.start({ name: "measurement" });
    this.gateway = await Gateway.start({
      partners: { north: this.north, south: this.south, measurement: this.measurement },
      origins: [NEWS, FORUM],
      publicUrl: GATEWAY,
      more,
    });
    const hosts = { [host(GATEWAY)]: this.gateway.origin };
    if (publisher) {
      this.publisher = await Publisher.start();
      for (const page of [NEWS, FORUM, STRANGER]) hosts[host(page)] = this.publisher.origin;
    }
    this.others = Object.values(others);
    for (const [name, server] of Object.entries(others)) {
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      hosts[name] = `http://127.0.0.1:${server.address().port}`;
    }
    this.browser = await startBrowser(hosts);
  }

  /** Returns a new visitor: a browser context with cookies of its own. */
  async visitor(options = {}) {
    return new Visitor(this, await this.browser.newContext(options));
  }

  async stop() {
    await this.browser?.close();
    await this.gateway?.stop();
    for (const server of this.others ?? []) server.close();
    for (const server of [this.publisher, this.north, this.south, this.measurement]) {
      await server?.stop();
    }
  }
}

/** Somebody with a browser. */
export class Visitor {
  constructor(world, context) {
    this.world = world;
    this.context = context;
  }

  /** Signs in, as one who comes from the platform, and returns the page that it leads to. */
  async signIn(account) {
    return this.open(this.world.gateway.signIn(account));
  }

  /** Opens a page of the gateway, which is answered with that status: what is looked at is no refusal. */
  async open(path, status = 200) {
    const page = await this.context.newPage();
    const answer = await page.goto(`${GATEWAY}${path}`);
    assert.equal(answer.status(), status, new URL(path, GATEWAY).pathname);
    return page;
  }

  /** Opens the publisher's page at that origin. `prepare` runs in the page before its own scripts. */
  async read(origin, prepare, argument) {
    const page = await this.context.newPage();
    if (prepare) await page.addInitScript(prepare, argument);
    await page.goto(`${origin}/`);
    return page;
  }

  async leave() {
    await this.context.close();
  }
}

function host(origin) {
  return new URL(origin).hostname;
}
