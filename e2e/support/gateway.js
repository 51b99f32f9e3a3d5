// The gateway: the real program, with the demo's register, called as the platform's own services call it.

import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, ROOT } from "./process.js";

const PLATFORM_KEY = "sg_test_platform";
const OPERATOR_KEY = "sg_test_operator";
const AUDIENCE = "platform.example";
const REGISTER = join(ROOT, "demo/register");
/** The partners of the demo's register, by the origin that it names. */
const SAMPLE_ORIGINS = { north: "http://127.0.0.1:9101", south: "http://127.0.0.1:9102", measurement: "http://127.0.0.1:9103" };
/** The partnerships whose events are signed. */
const SIGNED = ["demo-measurement", "demo-delivery-auditor", "demo-bidder-north-invoices"];
const WEBHOOK_SECRET = `whsec_${"c2VjcmV0".repeat(4)}`;
const TOKEN_HOLDS_S = 60;

export class Gateway {
  /**
   * Starts it on a free port, with a data directory of its own. `partners` are what listens for the partners
   * of the register, `origins` the pages that may ask for ads, `publicUrl` where browsers find it, `more` further sections of the configuration.
   */
  static async start({ partners, origins = [], publicUrl = "", more = "" }) {
    const dir = await mkdtemp(join(tmpdir(), "sluicegate-e2e-"));
    const keys = generateKeyPairSync("ed25519");
    const keyFile = join(dir, "sign-in.pem");
    const configuration = join(dir, "sluicegate.toml");
    await writeFile(keyFile, keys.publicKey.export({ type: "spki", format: "pem" }));
    await writeFile(configuration, configured({ dir, keyFile, origins, publicUrl, more }));
    const args = ["serve", "--config", configuration];
    const program = await Program.start("sluicegate", args, /^listening on (http:\S+)$/);
    const gateway = new Gateway(program, dir, keys.privateKey);
    await gateway.#publish(partners).catch(async (error) => {
      await gateway.stop();
      throw error;
    });
    return gateway;
  }

  constructor(program, dir, signInKey) {
    this.program = program;
    this.dir = dir;
    this.signInKey = signInKey;
    this.origin = program.found[1];
  }

  /** Makes somebody of an account, an adult where nothing is said, with demographics, in a country; both settings as they are by default. */
  async welcome(account, country = "USA", years = 30) {
    await this.#post("/v1/profiles", PLATFORM_KEY, {
      account,
      country,
      protection_age: { years, source: "declared" },
      gender: { value: "male", source: "declared" },
      age_band: { value: "25-34", source: "inferred", confidence: 80 },
    });
  }

  /** Writes languages or interests of an account. */
  async note(account, lists) {
    await this.#post("/v1/profiles", PLATFORM_KEY, { account, ...lists });
  }

  /** Records what somebody chose somewhere else than on the pages. */
  async choose(account, setting, value) {
    const words = `Share your data: ${value}`;
    await this.#post("/v1/choices", PLATFORM_KEY, { key: { account }, setting, value, words, language: "en" });
  }

  /** Returns what is recorded about an account: what left, and what was withheld. */
  async disclosures(account) {
    return this.#post("/v1/disclosures/query", OPERATOR_KEY, { key: { account } });
  }

  /** Holds an auction as the platform's ad server does. */
  async auction(request) {
    return this.#post("/openrtb2/auction", PLATFORM_KEY, request);
  }

  /** Reports that an account saw an ad on a device just now. */
  async expose(account, device) {
    const id = randomUUID();
    await this.#post("/v1/exposures", PLATFORM_KEY, {
      id,
      timestamp_ms: Date.now(),
      interaction_type: "impression",
      impression_id: `imp-${id}`,
      advertiser_id: "demo-running-shoes",
      campaign_id: "autumn",
      line_item_id: "li-1",
      creative_id: "cr-1",
      placement: "feed-top",
      ad_format: "banner",
      account_id: account,
      country: "USA",
      device: { ifa: device, ifa_type: "gaid", os: "android", lmt: 0 },
    });
  }

  /** Tells what the campaign of the exposures cost today. */
  async spend(value) {
    await this.#post("/v1/costs", PLATFORM_KEY, {
      advertiser_id: "demo-running-shoes",
      campaign_id: "autumn",
      date: new Date().toISOString().slice(0, 10),
      value,
      currency_code: "EUR",
    });
  }

  /** Returns the path that signs somebody in, once, as the platform's own sign-in would make it. */
  signIn(account) {
    return `/signin?token=${this.#token(account, AUDIENCE)}`;
  }

  /** Returns the path that shows a device's own switches, once, to somebody without an account. */
  showDevice(device) {
    return `/device?token=${this.#token(device, `${AUDIENCE}/device`)}`;
  }

  /** Asks the settings interface for somebody, as a screen of the platform's own does; for nobody without an account. */
  async asPerson(account, method, path, body, more = {}) {
    const token = account && { authorization: `Bearer ${this.#token(account, `${AUDIENCE}/v1/me`)}` };
    const headers = { ...token, ...more };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return fetch(`${this.origin}${path}`, { method, headers, ...sent });
  }

  /** Links an account with a device, as the platform does. */
  async link(account, device) {
    await this.#post("/v1/links", PLATFORM_KEY, { account, with: { device } });
  }

  #token(account, aud) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { sub: account, aud, iat: now, exp: now + TOKEN_HOLDS_S, jti: randomUUID() };
    const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${encoded({ alg: "EdDSA", typ: "JWT" })}.${encoded(claims)}`;
    const signature = sign(null, Buffer.from(signed), this.signInKey).toString("base64url");
    return `${signed}.${signature}`;
  }

  async stop() {
    await this.program.stop();
    await rm(this.dir, { recursive: true });
  }

  /** Publishes the register of the start once more, with its files changed. */
  async publishWith(change) {
    await this.#publish(this.partners, change);
  }

  /** Returns what readers said of the page of partners. */
  async feedback() {
    const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
    return (await fetch(`${this.origin}/v1/feedback`, { headers })).json();
  }

  async #publish(partners, change = (_name, text) => text) {
    this.partners = partners;
    const files = {};
    for (const name of await readdir(REGISTER)) {
      let text = await readFile(join(REGISTER, name), "utf8");
      for (const [partner, sample] of Object.entries(SAMPLE_ORIGINS)) {
        text = text.replaceAll(sample, partners[partner].origin);
      }
      // On a busy machine a partner takes its time.
      files[name] = change(name, text.replaceAll("timeout_ms = 200\n", "timeout_ms = 20_000\n"));
    }
    await this.#post("/v1/register/editions", OPERATOR_KEY, { files });
  }

  async #post(path, key, body) {
    const response = await fetch(`${this.origin}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }
}

function configured({ dir, keyFile, origins, publicUrl, more }) {
  const quoted = JSON.stringify;
  const keys = [["platform", PLATFORM_KEY], ["operator", OPERATOR_KEY]].map(([scope, key]) => {
    const hash = createHash("sha256").update(key).digest("hex");
    return `[[api_key]]\nname = "e2e-${scope}"\nscope = "${scope}"\nsha256 = "${hash}"\n`;
  });
  const secrets = SIGNED.map((id) => `[partnership.${id}]\nwebhook_secrets = ["${WEBHOOK_SECRET}"]\n`);
  return `[platform]
name = "Demo Platform"
[listen]
address = "127.0.0.1:0"
origins = ${quoted(origins)}
public_url = ${quoted(publicUrl)}
proxies = 1
[store]
data_dir = ${quoted(join(dir, "data"))}
[exchange]
tmax_max_ms = 10000
behind_max_ms = 10000
[measurement]
idle_ms = 10
[egress]
addresses = "loopback"
[signin]
public_key_file = ${quoted(keyFile)}
audience = "${AUDIENCE}"
[log]
level = "warn"
${keys.join("")}${secrets.join("")}${more}`;
}
