// The settings interface and its OpenAPI document, held against each other by validators that others wrote.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { SHARES, peopled } from "../support/views.js";

const DOCUMENT = "/v1/me/openapi.json";
/** Bytes of a body at most. */
const BODY_MAX = 64 * 1024;

let world;
let document;
let schemas;
/** What was answered so far: operation and status. */
const seen = new Set();

before(async () => {
  world = await peopled();
  document = await (await world.gateway.asPerson(undefined, "GET", DOCUMENT)).json();
  schemas = addFormats(new Ajv({ strict: true, allErrors: true, allowUnionTypes: true }));
  schemas.addVocabulary(["components", "info", "openapi", "paths", "security", "servers"]);
  schemas.addSchema(document, "document");
});

after(() => world?.stop());

test("the document is one of OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors));
  assert.match(document.openapi, /^3\.1\./);
});

test("every answer is as the document says, and every one that it names is given", async () => {
  await asked("GET", DOCUMENT, undefined, undefined, 200);
  for (const [path, method] of operations()) {
    if (path !== DOCUMENT) await asked(method, path, undefined, method === "POST" ? {} : undefined, 401);
  }
  await choicesAndCorrections();
  await refusals();
  await world.north.message("/recalls");
  for (const path of ["settings", "data", "shared", "next", "recalls", "history", "export"]) {
    await asked("GET", `/v1/me/${path}`, SHARES, undefined, 200);
  }
  await asked("GET", "/v1/me/shared?from=2026-01-01&to=2099-12-31", SHARES, undefined, 200);
  // Not brought about here: the gateway has no disk, or no time; the person asks without end.
  const named = operations().flatMap(([path, method, { responses }]) =>
    Object.keys(responses).filter((status) => !["429", "503"].includes(status)).map((status) => `${method} ${path} ${status}`),
  );
  assert.deepEqual([...seen].sort(), named.sort());
});

test("the answers that are looked at are full ones", async () => {
  const answer = async (path) => (await world.gateway.asPerson(SHARES, "GET", `/v1/me/${path}`)).json();
  const { changes } = await answer("history");
  const events = changes.map(({ event }) => Object.keys(event)[0]);
  for (const kind of ["chosen", "linked", "corrected", "edited"]) assert.ok(events.includes(kind), kind);
  assert.ok(changes.every((change) => Number.isInteger(change.in_force_after_ms)));
  const { records } = await answer("shared");
  assert.ok(records.some(({ record }) => record === "disclosure"));
  const { recalls } = await answer("recalls");
  assert.ok(recalls.some(({ cause }) => cause === "off"));
  const { messages } = await answer("next");
  assert.ok(messages.length > 0);
  const { languages, interests } = await answer("data");
  assert.deepEqual([languages.noted.length, interests.removed], [1, ["Jazz"]]);
  const { recalls: owed, next } = await answer("export");
  assert.ok(owed.recalls.length > 0 && next.messages.length > 0);
});

/** Changes everything that can be changed, and leaves sharing on. */
async function choicesAndCorrections() {
  // Of what came before, somebody else was called back.
  world.north.forget();
  await world.gateway.link(SHARES, "6d92078a-8246-4ba4-ae5b-76104861e7dc");
  const choice = (value) => ({ setting: "sharing", value, words: `Share: ${value}`, language: "en" });
  const changes = [
    ["/v1/me/settings", choice("off")],
    ["/v1/me/settings", choice("on")],
    ["/v1/me/data", { age_band: { set: "35-44" } }],
    ["/v1/me/data", { gender: "disable" }],
    ["/v1/me/data", { gender: "enable" }],
    ["/v1/me/data/noted", { kind: "language", name: "de", act: "disable" }],
    ["/v1/me/data/noted", { kind: "interest", name: "Jazz", act: "remove" }],
    ["/v1/me/data/removals", "everything"],
  ];
  for (const [path, body] of changes) {
    assert.deepEqual(faults(requestSchema(path), body), [], path);
    await asked("POST", path, SHARES, body, 200);
  }
}

/** Asks for what is not there, and wrongly. What the gateway does not take, the document does not allow either. */
async function refusals() {
  const wrong = [
    ["/v1/me/settings", { setting: "sharing", value: "maybe", words: "w", language: "en" }],
    ["/v1/me/settings", { setting: "sharing", value: "on", words: "w" }],
    ["/v1/me/settings", { setting: "sharing", value: "on", words: "w", language: "en", more: 1 }],
    ["/v1/me/data", { gender: { set: "unheard-of" } }],
    ["/v1/me/data", { shoe_size: "remove" }],
    ["/v1/me/data/noted", { kind: "song", name: "de", act: "remove" }],
    ["/v1/me/data/noted", { kind: "language", name: "a".repeat(129), act: "remove" }],
    ["/v1/me/data/removals", "something"],
  ];
  for (const [path, body] of wrong) {
    assert.notDeepEqual(faults(requestSchema(path), body), [], path);
    await asked("POST", path, SHARES, body, 400);
  }
  for (const [path, method] of operations().filter(([, method]) => method === "POST")) {
    await asked(method, path, SHARES, "x".repeat(BODY_MAX + 1), 413);
    await asked(method, path, SHARES, {}, 415, { "content-encoding": "gzip" });
  }
  const unknown = { list: { partnership: "demo-bidder-north", audience: "no-such-list" } };
  await asked("POST", "/v1/me/data/removals", SHARES, unknown, 404);
  await asked("GET", "/v1/me/shared?from=2026-02-01&to=2026-01-01", SHARES, undefined, 400);
}

/** Asks, and holds the answer against the document. */
async function asked(method, path, account, body, status, headers) {
  const response = await world.gateway.asPerson(account, method, path, body, headers);
  const [route] = path.split("?");
  const operation = `${method} ${route}`;
  assert.equal(response.status, status, operation);
  const pointer = ["paths", route, method.toLowerCase(), "responses", String(status)];
  const described = pointer.reduce((value, name) => value?.[name], document);
  assert.ok(described, `${operation} may answer ${status}`);
  const [[type]] = Object.entries(described.content);
  assert.equal(response.headers.get("content-type").split(";")[0], type, operation);
  for (const [name, { schema }] of Object.entries(described.headers ?? {})) {
    assert.equal(response.headers.get(name), schema.const, `${operation}: ${name}`);
  }
  assert.deepEqual(faults([...pointer, "content", type, "schema"], await response.json()), [], operation);
  seen.add(`${operation} ${status}`);
}

function requestSchema(path) {
  return ["paths", path, "post", "requestBody", "content", "application/json", "schema"];
}

/** Returns what of a value is not as the schema at that place says. */
function faults(pointer, value) {
  const encoded = pointer.map((name) => encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1")));
  const validate = schemas.getSchema(`document#/${encoded.join("/")}`);
  return validate(value) ? [] : validate.errors;
}

function operations() {
  const methods = ([path, item]) => Object.entries(item).map(([method, described]) => [path, method.toUpperCase(), described]);
  return Object.entries(document.paths).flatMap(methods);
}
