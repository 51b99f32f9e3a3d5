//! `AdAttributionKit`: a compact JWS, ES256. The bytes as they came are what is signed.

use super::{Fields, Postback, PostbackError, Says, flag, keys::Keys, number, text};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::Signature;
use serde_json::Value;

pub(super) fn read(jws: &str, keys: &Keys) -> Result<Postback, PostbackError> {
    let wrong = PostbackError::Field("jws-string");
    let (signed, signature) = jws.rsplit_once('.').ok_or(wrong)?;
    let (header, payload) = signed.split_once('.').ok_or(wrong)?;
    let header = object(header)?;
    // Why: what a header says about its own signature is believed only where it says what is expected.
    if header.get("alg").and_then(Value::as_str) != Some("ES256") {
        return Err(PostbackError::Signature);
    }
    let signature = decoded(signature)?;
    let signature =
        Signature::from_slice(&signature).map_err(|_length| PostbackError::Signature)?;
    let signer = keys.check(text(&header, "kid")?, signed.as_bytes(), &signature)?;
    let fields = object(payload)?;
    let says = match (flag(&fields, "did-win")?, text(&fields, "conversion-type")?) {
        (false, _) => Says::Assisted,
        (true, "download") => Says::Installed,
        (true, "redownload") => Says::InstalledAgain,
        (true, "re-engagement") => Says::ReEngaged,
        (true, _) => return Err(PostbackError::Field("conversion-type")),
    };
    Ok(Postback {
        signer,
        ad_network: text(&fields, "ad-network-identifier")?.to_owned(),
        app: number(&fields, "advertised-item-identifier")?,
        source: text(&fields, "source-identifier")?.to_owned(),
        id: text(&fields, "postback-identifier")?.to_owned(),
        says,
        sequence: number(&fields, "postback-sequence-index")?,
    })
}

fn object(part: &str) -> Result<Fields, PostbackError> {
    let text = decoded(part)?;
    serde_json::from_slice(&text).map_err(|_not_json| PostbackError::Field("jws-string"))
}

fn decoded(part: &str) -> Result<Vec<u8>, PostbackError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_not_shown| PostbackError::Field("jws-string"))
}
