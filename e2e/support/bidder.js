// A bidder on loopback: it bids what it is told to, and remembers everything that it was told.

import { createServer } from "node:http";

export const BID = "/openrtb2/bid";

export class Bidder {
  #waiting = [];

  /** `price` per thousand; without one it does not bid. */
  static async start({ name, price }) {
    const bidder = new Bidder(name, price);
    await new Promise((resolve) => bidder.server.listen(0, "127.0.0.1", resolve));
    return bidder;
  }

  constructor(name, price) {
    this.name = name;
    this.price = price;
    this.heard = [];
    this.server = createServer((request, response) => this.#serve(request, response));
  }

  get origin() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  /** The bid requests so far. */
  get asked() {
    return this.heard.filter((one) => one.path === BID).map((one) => JSON.parse(one.body));
  }

  /** How often a notice of that path came. */
  notices(path) {
    return this.heard.filter((one) => one.path === path).map((one) => one.query);
  }

  /** Waits for a notice of that path and returns its query. */
  async notice(path) {
    while (this.notices(path).length === 0) {
      await new Promise((resolve) => this.#waiting.push(resolve));
    }
    return this.notices(path)[0];
  }

  forget() {
    this.heard = [];
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  async #serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { pathname, searchParams } = new URL(request.url, this.origin);
    const body = Buffer.concat(chunks).toString();
    this.heard.push({ path: pathname, query: Object.fromEntries(searchParams), body });
    for (const resolve of this.#waiting.splice(0)) resolve();
    const answer = pathname === BID && this.price && this.#bids(JSON.parse(body));
    if (answer) {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    } else {
      response.writeHead(204).end();
    }
  }

  #bids(request) {
    const bid = request.imp.map((imp) => {
      const { w, h } = imp.banner.format?.[0] ?? imp.banner;
      const notice = (path) => `${this.origin}${path}?price=\${AUCTION_PRICE}&imp=\${AUCTION_IMP_ID}`;
      return {
        id: `${this.name}-${imp.id}`,
        impid: imp.id,
        price: this.price,
        adm: `<p class="ad" style="margin:0;width:${w}px;height:${h}px">Ad by ${this.name}</p>`,
        adomain: ["demo-advertiser.example"],
        crid: `${this.name}-creative`,
        mtype: 1,
        w,
        h,
        nurl: notice("/win"),
        burl: notice("/billing"),
      };
    });
    return { id: request.id, cur: "USD", seatbid: [{ seat: this.name, bid }] };
  }
}
