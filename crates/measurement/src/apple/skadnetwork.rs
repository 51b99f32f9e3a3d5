//! `SKAdNetwork`: the signature is over some of the fields, in an order that each version has of its own.

use super::{Fields, Postback, PostbackError, Says, flag, keys, keys::Keys, number, text};
use p256::ecdsa::Signature;

/// Between the fields of what is signed.
const SEPARATOR: &str = "\u{2063}";

pub(super) fn read(fields: &Fields, keys: &Keys) -> Result<Postback, PostbackError> {
    let version = Version::of(text(fields, "version")?)?;
    let signed = version.signed(fields)?;
    let signature = base64(text(fields, "attribution-signature")?)?;
    let signature =
        Signature::from_der(&signature).map_err(|_not_a_signature| PostbackError::Signature)?;
    let signer = keys.check(keys::PRODUCTION, signed.as_bytes(), &signature)?;
    let won = match version {
        Version::TwoOne | Version::TwoTwo => true,
        Version::Three | Version::Four => flag(fields, "did-win")?,
    };
    let says = match (won, flag(fields, "redownload")?) {
        (false, _) => Says::Assisted,
        (true, false) => Says::Installed,
        (true, true) => Says::InstalledAgain,
    };
    Ok(Postback {
        signer,
        ad_network: text(fields, "ad-network-id")?.to_owned(),
        app: number(fields, "app-id")?,
        source: version.source(fields)?,
        id: text(fields, "transaction-id")?.to_owned(),
        says,
        sequence: match version {
            Version::TwoOne | Version::TwoTwo | Version::Three => 0,
            Version::Four => number(fields, "postback-sequence-index")?,
        },
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    TwoOne,
    TwoTwo,
    Three,
    Four,
}

impl Version {
    fn of(text: &str) -> Result<Self, PostbackError> {
        match text {
            "2.1" => Ok(Self::TwoOne),
            "2.2" => Ok(Self::TwoTwo),
            "3.0" => Ok(Self::Three),
            "4.0" => Ok(Self::Four),
            _ => Err(PostbackError::Version),
        }
    }

    fn source(self, fields: &Fields) -> Result<String, PostbackError> {
        match self {
            Self::TwoOne | Self::TwoTwo | Self::Three => {
                Ok(number(fields, "campaign-id")?.to_string())
            }
            Self::Four => {
                let text = text(fields, "source-identifier")?;
                let fits = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
                fits.then(|| text.to_owned()).ok_or(PostbackError::Field("source-identifier"))
            }
        }
    }

    /// Returns the text that Apple signed. The app or site that showed the ad is in it where it is in the
    /// postback.
    fn signed(self, fields: &Fields) -> Result<String, PostbackError> {
        let shown_in = match (fields.contains_key("source-app-id"), self) {
            (true, _) => Some(number(fields, "source-app-id")?.to_string()),
            (false, Self::Four) if fields.contains_key("source-domain") => {
                Some(text(fields, "source-domain")?.to_owned())
            }
            (false, _) => None,
        };
        let fidelity = match self {
            Self::TwoOne => None,
            Self::TwoTwo | Self::Three | Self::Four => {
                Some(number(fields, "fidelity-type")?.to_string())
            }
        };
        let won = match self {
            Self::TwoOne | Self::TwoTwo => None,
            Self::Three | Self::Four => Some(flag(fields, "did-win")?.to_string()),
        };
        let sequence = match self {
            Self::TwoOne | Self::TwoTwo | Self::Three => None,
            Self::Four => Some(number(fields, "postback-sequence-index")?.to_string()),
        };
        let first = [
            Some(text(fields, "version")?.to_owned()),
            Some(text(fields, "ad-network-id")?.to_owned()),
            Some(self.source(fields)?),
            Some(number(fields, "app-id")?.to_string()),
            Some(text(fields, "transaction-id")?.to_owned()),
            Some(flag(fields, "redownload")?.to_string()),
        ];
        let parts = first.into_iter().chain([shown_in, fidelity, won, sequence]).flatten();
        Ok(parts.collect::<Vec<_>>().join(SEPARATOR))
    }
}

fn base64(text: &str) -> Result<Vec<u8>, PostbackError> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.decode(text).map_err(|_not_shown| PostbackError::Signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apple::{Signer, keys::Key};
    use base64::{Engine, engine::general_purpose::STANDARD};
    use p256::ecdsa::{SigningKey, signature::Signer as _};
    use serde_json::{Value, json};

    fn ours() -> (SigningKey, Keys) {
        let signing = SigningKey::from_slice(&[7; 32]).unwrap();
        let public = *signing.verifying_key();
        let key = Key { name: keys::PRODUCTION, signer: Signer::Production, public };
        (signing, Keys(vec![key]))
    }

    fn signed(mut body: Value) -> Value {
        let text = Version::of(body["version"].as_str().unwrap())
            .and_then(|version| version.signed(body.as_object().unwrap()));
        let signature: Signature = ours().0.sign(text.unwrap().as_bytes());
        body["attribution-signature"] = json!(STANDARD.encode(signature.to_der()));
        body
    }

    fn four() -> Value {
        signed(json!({
            "version": "4.0", "ad-network-id": "com.example", "source-identifier": "5239",
            "app-id": 525_463_029_u64, "transaction-id": "6aafb7a5-0170-41b5-bbe4-fe71dedf1e30",
            "redownload": false, "source-domain": "example.com", "fidelity-type": 1,
            "did-win": true, "conversion-value": 63, "postback-sequence-index": 0,
        }))
    }

    fn check(body: &Value) -> Result<Postback, PostbackError> {
        read(body.as_object().unwrap(), &ours().1)
    }

    #[test]
    fn every_signed_field_is_under_the_signature_and_the_conversion_value_is_not() {
        let found = check(&four()).unwrap();
        assert_eq!(
            (found.source.as_str(), found.says, found.sequence),
            ("5239", Says::Installed, 0)
        );
        let changes = [
            ("ad-network-id", json!("com.other")),
            ("source-identifier", json!("5238")),
            ("app-id", json!(1)),
            ("transaction-id", json!("other")),
            ("redownload", json!(true)),
            ("source-domain", json!("other.example")),
            ("fidelity-type", json!(0)),
            ("did-win", json!(false)),
            ("postback-sequence-index", json!(1)),
            ("version", json!("3.0")),
        ];
        for (field, value) in changes {
            let mut changed = four();
            changed[field] = value;
            assert!(check(&changed).is_err(), "{field}");
        }
        let mut changed = four();
        changed["conversion-value"] = json!(1);
        assert!(check(&changed).is_ok());
    }

    #[test]
    fn what_did_not_win_assisted() {
        let body = json!({
            "version": "3.0", "ad-network-id": "com.example", "campaign-id": 42, "app-id": 7,
            "transaction-id": "t", "redownload": true, "fidelity-type": 1, "did-win": false,
        });
        assert_eq!(check(&signed(body)).unwrap().says, Says::Assisted);
    }

    #[test]
    fn versions_of_the_future_and_of_the_weak_curve_are_refused() {
        for version in ["1.0", "2.0", "5.0"] {
            let mut body = four();
            body["version"] = json!(version);
            assert_eq!(check(&body), Err(PostbackError::Version));
        }
    }
}
