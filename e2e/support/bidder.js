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

  /** The notices about the auctions it remembers, as path and query. One may come late: of others nothing is told. */
  get notices() {
    const auctions = this.asked.map((request) => request.id);
    return this.heard.filter(({ query }) => auctions.includes(query.auction));
  }

  /** Waits for a notice of that path and returns its query. */
  async notice(path) {
    return (await this.#until(() => this.notices.find((one) => one.path === path))).query;
  }

  /** Waits until something came to that path. */
  async message(path) {
    await this.#until(() => this.heard.find((one) => one.path === path));
  }

  forget() {
    this.heard = [];
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  async #until(found) {
    while (!found()) await new Promise((resolve) => this.#waiting.push(resolve));
    return found();
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
      const notice = (path) => `${this.origin}${path}?auction=\${AUCTION_ID}&price=\${AUCTION_PRICE}&imp=\${AUCTION_IMP_ID}`;
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
