//! Marks by which a person could be known, in every form in which they could be hidden, and the search
//! for them in what a partner received.

use crate::Heard;
use base64::{Engine, engine::general_purpose};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// What the marks stand for. None of them is anyone.
const IDENTITIES: [(&str, &str); 5] = [
    ("name", "Zqadelheid Zqmarkerson"),
    ("e-mail", "zqadelheid.zqmarker@zqmail.example"),
    ("phone", "+1 (555) 0199 773"),
    ("digits of the phone", "15550199773"),
    ("handle", "@zqmarker_handle"),
];

/// One mark in one form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// What it is, like `the name in base64`.
    pub title: String,
    /// The text that is planted.
    pub text: String,
}

/// Returns every identity in every form.
pub fn markers() -> Vec<Marker> {
    let mut markers = Vec::new();
    for (what, plain) in IDENTITIES {
        let bytes = plain.as_bytes();
        let forms = [
            ("plain", plain.to_owned()),
            ("in upper case", plain.to_uppercase()),
            ("in lower case", plain.to_lowercase()),
            ("in base64", general_purpose::STANDARD.encode(bytes)),
            ("in base64 without padding", general_purpose::STANDARD_NO_PAD.encode(bytes)),
            ("in hexadecimal digits", hex::encode(bytes)),
            ("as SHA-1", hex::encode(Sha1::digest(bytes))),
            ("as SHA-256", hex::encode(Sha256::digest(bytes))),
            ("as MD5", hex::encode(Md5::digest(bytes))),
        ];
        for (form, text) in forms {
            if markers.iter().all(|known: &Marker| known.text != text) {
                markers.push(Marker { title: format!("the {what} {form}"), text });
            }
        }
    }
    markers
}

/// Returns the bytes to look for, in lower case: every marker, and what is left of each when it is made
/// into part of an address, or put together with others.
pub fn needles() -> Vec<String> {
    let mut needles: Vec<String> =
        markers().into_iter().map(|marker| marker.text.to_lowercase()).collect();
    for (_, plain) in IDENTITIES {
        let plain = plain.to_lowercase();
        needles.push(plain.replace('@', "%40"));
        needles.push(plain.replace(' ', "%20"));
        needles.push(plain.replace(' ', "+"));
    }
    // Parts that nothing else has: no form of splitting or joining hides them.
    needles.extend(["zqadelheid", "zqmarker", "zqmail", "0199773"].map(str::to_owned));
    needles.sort();
    needles.dedup();
    needles
}

/// Returns what was found in the bytes a partner received, without telling the letters' case apart.
pub fn found(heard: &[Heard], needles: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for one in heard {
        let bytes: Vec<u8> = one.head.iter().chain(&one.body).copied().collect();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        for needle in needles {
            if let Some(at) = text.find(needle.as_str()) {
                let before: String =
                    text.get(..at).unwrap_or_default().chars().rev().take(60).collect();
                let before: String = before.chars().rev().collect();
                found.push(format!("{}: …{before}[{needle}]", one.line));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}
