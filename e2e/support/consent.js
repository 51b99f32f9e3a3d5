// Consent strings made by the official libraries, and the interfaces through which a page finds them.

import { GppModel } from "@iabgpp/cmpapi";
import { GVL, Segment, TCModel, TCString } from "@iabtcf/core";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./process.js";

/** The purposes of the framework, from 1 on. */
const PURPOSES = 11;
/** What the demo's list leaves out and the library wants. */
const NOTHING_MORE = { purposes: numbered(PURPOSES), specialPurposes: {}, features: {}, specialFeatures: numbered(1), stacks: {} };
const VENDOR_LIST = JSON.parse(readFileSync(join(ROOT, "demo/register/vendor-list.json")));

/** A string of the European framework: yes to everything and everybody, or no. */
export function tcString({ agrees }) {
  const model = new TCModel(new GVL({ ...VENDOR_LIST, ...NOTHING_MORE }));
  const vendors = Object.keys(VENDOR_LIST.vendors).map(Number);
  model.cmpId = 10;
  model.cmpVersion = 1;
  model.isServiceSpecific = true;
  model.vendorsDisclosed.set(vendors);
  if (agrees) {
    model.purposeConsents.set(Object.keys(numbered(PURPOSES)).map(Number));
    model.purposeLegitimateInterests.set([2, 7]);
    model.vendorConsents.set(vendors);
    model.vendorLegitimateInterests.set(vendors);
  }
  // By itself the library leaves the disclosed vendors out, which the framework demands since version 2.3.
  return TCString.encode(model, { segments: [Segment.CORE, Segment.VENDORS_DISCLOSED] });
}

/** A string of the Global Privacy Platform with the section of California: an opt-out of sale and sharing. */
export function californianOptOut() {
  const model = new GppModel();
  for (const field of ["SaleOptOutNotice", "SharingOptOutNotice", "SaleOptOut", "SharingOptOut"]) {
    model.setFieldValue("usca", field, 1);
  }
  return { string: model.encode(), sections: [8] };
}

/** Runs in the page: `__tcfapi`, as a consent management platform offers it. */
export function offerTcf({ tcString, gdprApplies }) {
  window.__tcfapi = (command, _version, callback) => {
    const data = { tcString, gdprApplies, cmpStatus: "loaded", eventStatus: "tcloaded", listenerId: 1, purpose: { consents: {}, legitimateInterests: {} }, vendor: { consents: {}, legitimateInterests: {} } };
    if (["addEventListener", "getTCData"].includes(command)) callback(data, true);
  };
}

/** Runs in the page: `__gpp`, likewise. */
export function offerGpp({ string, sections }) {
  const ping = { gppVersion: "1.1", cmpStatus: "loaded", signalStatus: "ready", applicableSections: sections, gppString: string, parsedSections: {} };
  window.__gpp = (command, callback) => {
    if (command === "ping") callback(ping, true);
    if (command === "addEventListener") callback({ eventName: "signalStatus", listenerId: 1, data: "ready", pingData: ping }, true);
  };
}

function numbered(last) {
  return Object.fromEntries(Array.from({ length: last }, (_, index) => [index + 1, { id: index + 1 }]));
}
