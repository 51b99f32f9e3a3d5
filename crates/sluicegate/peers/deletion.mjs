// Reads one question a line as JSON and answers each with a line, by the published library for JSON Web Tokens:
//   {"make": true}                          a key pair for ES256, as JSON Web Keys
//   {"sign": claims, "key": private key}    a token
//   {"verify": token, "key": public key}    the claims, or null where the signature does not fit

import { createInterface } from "node:readline";
import { SignJWT, compactVerify, exportJWK, generateKeyPair, importJWK } from "jose";

async function answer(asked) {
  if (asked.make) {
    const pair = await generateKeyPair("ES256", { extractable: true });
    const kid = "peer-1";
    return {
      private: { ...(await exportJWK(pair.privateKey)), kid },
      public: { ...(await exportJWK(pair.publicKey)), kid, alg: "ES256", use: "sig" },
    };
  }
  const key = await importJWK(asked.key, "ES256");
  if (asked.sign) {
    const header = { alg: "ES256", typ: "JWT", kid: asked.key.kid };
    return await new SignJWT(asked.sign).setProtectedHeader(header).sign(key);
  }
  try {
    const verified = await compactVerify(asked.verify, key, { algorithms: ["ES256"] });
    return JSON.parse(new TextDecoder().decode(verified.payload));
  } catch {
    return null;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
}
