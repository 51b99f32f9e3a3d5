// An identity provider that others wrote (oidc-provider), on loopback, as a platform runs one: people sign in there
// with their name. Its keys can be changed while it runs.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

export const CLIENT = "sluicegate";
export const SECRET = "a secret, with signs: /+&";

export class IdentityProvider {
  /** Listens; `gateway` is where browsers find the gateway's pages. */
  static async start(gateway) {
    const provider = new IdentityProvider(gateway);
    await new Promise((resolve) => provider.server.listen(0, "127.0.0.1", resolve));
    provider.rotate("RS256");
    return provider;
  }

  constructor(gateway) {
    this.gateway = gateway;
    this.server = createServer((request, response) => {
      // The last one whose keys were set answers, also to what was begun under the one before.
      this.callback(request, response);
    });
  }

  get origin() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  /** Tells the gateway, at that address, of every session that ends here. */
  tell(endsSessionsAt) {
    this.endsSessionsAt = endsSessionsAt;
    this.#begin();
  }

  /** Begins to sign with a new key of another algorithm. */
  rotate(algorithm) {
    const [kind, options] = algorithm === "ES256" ? ["ec", { namedCurve: "P-256" }] : ["rsa", { modulusLength: 2048 }];
    const key = generateKeyPairSync(kind, options).privateKey.export({ format: "jwk" });
    this.key = { ...key, use: "sig", alg: algorithm, kid: randomUUID() };
    this.#begin();
  }

  #begin() {
    const provider = new Provider(this.origin, {
      clients: [
        {
          client_id: CLIENT,
          client_secret: SECRET,
          redirect_uris: [`${this.gateway}/signin/callback`],
          post_logout_redirect_uris: [`${this.gateway}/partners`],
          response_types: ["code"],
          grant_types: ["authorization_code"],
          id_token_signed_response_alg: this.key.alg,
          ...(this.endsSessionsAt && {
            backchannel_logout_uri: this.endsSessionsAt,
            backchannel_logout_session_required: true,
          }),
        },
      ],
      jwks: { keys: [this.key] },
      cookies: { keys: ["e2e"] },
      features: { backchannelLogout: { enabled: true } },
      // Why: its own door has a guard that keeps it from loopback, where the gateway is.
      fetch: (url, { dispatcher: _guard, ...options }) => fetch(url, options),
    });
    this.callback = provider.callback();
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/** Says at the provider who one is, and agrees to what it asks. */
export async function signInThere(page, name) {
  await page.locator('input[name="login"]').fill(name);
  await page.locator('input[name="password"]').fill("anything");
  await page.locator('button[type="submit"]').click();
  await page.getByRole("button", { name: "Continue" }).click();
}
