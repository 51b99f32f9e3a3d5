// What a publisher puts on its page: Prebid.js from its npm package, which has the gateway hold the auction.

import pbjs from "prebid.js";
import "prebid.js/modules/prebidServerBidAdapter";
import "prebid.js/modules/consentManagementTcf";
import "prebid.js/modules/consentManagementGpp";

pbjs.processQueue();

/** Holds an auction for the places on the page and returns what came of it. */
window.holdAuction = async ({ gateway, bidders, codes, consentManagement, ortb2, compress = false }) => {
  pbjs.setConfig({
    ...(consentManagement && { consentManagement }),
    ...(ortb2 && { ortb2 }),
    s2sConfig: {
      accountId: "demo-publisher",
      enabled: true,
      bidders,
      timeout: 9000,
      endpoint: `${gateway}/openrtb2/auction`,
      syncEndpoint: `${gateway}/cookie_sync`,
      endpointCompression: compress,
    },
  });
  const adUnits = codes.map((code) => ({
    code,
    mediaTypes: { banner: { sizes: [[300, 250]] } },
    ortb2Imp: { tagid: code },
    bids: bidders.map((bidder) => ({ bidder, params: {} })),
  }));
  const before = pbjs.getEvents().length;
  await new Promise((resolve) => pbjs.requestBids({ adUnits, timeout: 10_000, bidsBackHandler: resolve }));
  return pbjs.getEvents().slice(before).map(({ eventType, args }) => ({ event: eventType, ...told(args) }));
};

/** Shows the best ad for a place, in a frame of its own, as a publisher without an ad server does. */
window.showBest = (code) => {
  const [best] = pbjs.getHighestCpmBids(code);
  const frame = document.createElement("iframe");
  frame.title = "Advertisement";
  frame.style.border = "0";
  document.getElementById(code).replaceChildren(frame);
  pbjs.renderAd(frame.contentDocument, best.adId);
  return told(best);
};

function told(args) {
  const { bidderCode, cpm, currency, width, height, creativeId, meta, ttl } = args ?? {};
  return { bidder: bidderCode, cpm, currency, width, height, creativeId, meta, ttl };
}
