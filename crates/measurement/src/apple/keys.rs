//! Apple's published public keys (P-256), as named by `kid`.

use super::{PostbackError, Signer};
use p256::{
    ecdsa::{Signature, VerifyingKey, signature::Verifier},
    pkcs8::DecodePublicKey,
};
use std::sync::LazyLock;

/// A key, by its name.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) signer: Signer,
    pub(super) public: VerifyingKey,
}

/// Keys that signatures are checked with.
pub(super) struct Keys(pub(super) Vec<Key>);

/// Returns Apple's keys, read once.
pub(super) fn all() -> &'static Keys {
    &ALL
}

static ALL: LazyLock<Keys> = LazyLock::new(|| {
    let known = PUBLISHED.iter().filter_map(|(name, signer, der)| {
        let der = hex::decode(der).ok()?;
        let public = VerifyingKey::from_public_key_der(&der).ok()?;
        Some(Key { name, signer: *signer, public })
    });
    Keys(known.collect())
});

impl Keys {
    /// Checks a signature by the key of that name.
    pub(super) fn check(
        &self,
        name: &str,
        signed: &[u8],
        signature: &Signature,
    ) -> Result<Signer, PostbackError> {
        let key = self.0.iter().find(|key| key.name == name).ok_or(PostbackError::UnknownKey)?;
        match key.public.verify(signed, signature) {
            Ok(()) => Ok(key.signer),
            Err(_not_made_by_it) => Err(PostbackError::Signature),
        }
    }
}

/// The key of devices of people; `SKAdNetwork` postbacks are signed by it too.
pub(super) const PRODUCTION: &str = "apple-cas-identifier/0";

/// The public keys as DER, in hex, from Apple's pages on verifying postbacks.
const PUBLISHED: [(&str, Signer, &str); 3] = [
    (
        PRODUCTION,
        Signer::Production,
        "3059301306072a8648ce3d020106082a8648ce3d0301070342000459da7c18f706aa6860cc4163f59da74a941575d6b268f7b814ccea33dc226f5f9a1da688ce81e82cdf735b82bccb848fca41376152b7b15a96e807f495fc7782",
    ),
    (
        "apple-development-identifier/0",
        Signer::Development,
        "3059301306072a8648ce3d020106082a8648ce3d030107034200042de103ce92443fefea452139849542d69d49d2cb149d018ccc105bbe700206893c3951862e0c4bd26cab2a2cba96f46d4a52d1b168adf3b8bebdfb43f0012a79",
    ),
    (
        "apple-development-identifier/1",
        Signer::Development,
        "3059301306072a8648ce3d020106082a8648ce3d03010703420004f18cdd3bb78cf7bb3f209db991d5b9099dc0d78512139209e476bfbe159ac48e94048d59c4212f8eb2b1565b9519eeaa5b017504316af901ea29f1f9bbec311d",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_key_is_a_key() {
        assert_eq!(all().0.len(), PUBLISHED.len());
    }
}
