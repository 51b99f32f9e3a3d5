// Reads requests, one JSON object a line, and answers each in one line. See src/peers.rs.

import { createInterface } from "node:readline";
import { GppModel, HeaderV1, Sections, UspV1 } from "@iabgpp/cmpapi";
import { TCString } from "@iabtcf/core";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const readers = { tcf: readTcf, gpp: readGpp, usp: (text) => plain(new UspV1(text).toObj()) };

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(answer(line))}\n`);
}

function answer(line) {
  try {
    const { kind, text } = JSON.parse(line);
    return { ok: true, value: readers[kind](text) };
  } catch (error) {
    return { ok: false, error: String(error?.message ?? error) };
  }
}

function readTcf(text) {
  const model = TCString.decode(text);
  const types = text.split(".").map((segment) => ALPHABET.indexOf(segment[0]) >> 3);
  const optional = (type, value) => (types.includes(type) ? value : null);
  const restrictions = model.publisherRestrictions;
  return {
    version: model.version,
    created: deciseconds(model.created),
    lastUpdated: deciseconds(model.lastUpdated),
    cmpId: model.cmpId,
    cmpVersion: model.cmpVersion,
    consentScreen: model.consentScreen,
    consentLanguage: model.consentLanguage,
    vendorListVersion: model.vendorListVersion,
    policyVersion: model.policyVersion,
    isServiceSpecific: model.isServiceSpecific,
    useNonStandardStacks: model.useNonStandardStacks,
    specialFeatureOptins: ids(model.specialFeatureOptins),
    purposeConsents: ids(model.purposeConsents),
    purposeLegitimateInterests: ids(model.purposeLegitimateInterests),
    purposeOneTreatment: model.purposeOneTreatment,
    publisherCountryCode: model.publisherCountryCode,
    vendorConsents: ids(model.vendorConsents),
    vendorLegitimateInterests: ids(model.vendorLegitimateInterests),
    restrictions: restrictions.getRestrictions().map((restriction) => ({
      purpose: restriction.purposeId,
      kind: restriction.restrictionType,
      vendors: restrictions.getVendors(restriction),
    })),
    disclosed: optional(1, ids(model.vendorsDisclosed)),
    allowed: optional(2, ids(model.vendorsAllowed)),
    publisher: optional(3, {
      purposeConsents: ids(model.publisherConsents),
      purposeLegitimateInterests: ids(model.publisherLegitimateInterests),
      numCustomPurposes: model.numCustomPurposes,
      customConsents: ids(model.publisherCustomConsents),
      customLegitimateInterests: ids(model.publisherCustomLegitimateInterests),
    }),
  };
}

function readGpp(text) {
  const model = new GppModel(text);
  const sections = {};
  for (const name of Sections.SECTION_ORDER) {
    if (model.hasSection(name)) {
      sections[name] = plain(model.getSection(name));
    }
  }
  return { ids: new HeaderV1(text.split("~")[0]).getFieldValue("SectionIds"), sections };
}

/** Times become numbers, restrictions plain objects; the rest is plain already. */
function plain(fields) {
  const value = (field) => {
    if (field instanceof Date) return deciseconds(field);
    if (Array.isArray(field)) return field.map(value);
    if (typeof field?.getIds === "function") {
      return { key: field.getKey(), type: field.getType(), ids: field.getIds() };
    }
    return field;
  };
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, value(field)]));
}

function ids(vector) {
  return [...vector].filter(([, isSet]) => isSet).map(([id]) => id);
}

function deciseconds(date) {
  return date.getTime() / 100;
}
