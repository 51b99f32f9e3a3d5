// Reads one message a line as JSON and answers each with a line: for every secret and public key whether
// the message verifies. `v1` is asked of the published library; no published library knows `v1a` yet, so
// that is asked of the runtime's own Ed25519.
import { createPublicKey, verify } from "node:crypto";
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

// What stands before the 32 bytes of an Ed25519 key in its SPKI form (RFC 8410).
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

function symmetric(secret, { headers, body }) {
  try {
    new Webhook(secret).verify(body.toString("utf8"), headers);
    return true;
  } catch {
    return false;
  }
}

function asymmetric(key, { headers, body }) {
  const bytes = Buffer.from(key.replace(/^whpk_/, ""), "base64");
  const spki = createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: "der", type: "spki" });
  const head = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`;
  const text = Buffer.concat([Buffer.from(head), body]);
  return headers["webhook-signature"]
    .split(" ")
    .filter((one) => one.startsWith("v1a,"))
    .some((one) => verify(null, text, spki, Buffer.from(one.slice(4), "base64")));
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const message = { headers: asked.headers, body: Buffer.from(asked.body, "base64") };
  const secrets = asked.secrets.map((secret) => symmetric(secret, message));
  const keys = asked.keys.map((key) => asymmetric(key, message));
  console.log(JSON.stringify({ secrets, keys }));
}
