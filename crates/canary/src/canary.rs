//! The canaries: who they are, and what would give them away.

use crate::{Established, EstablishedError};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use memchr::memmem;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use sluicegate_gate::{
    Choice, Country, ForSecurity, Gender, Jurisdiction, Secret, Setting, Source, SubjectKey,
};
use sluicegate_settings::{Actor, Candidate, Change, ChangeError, Keyring, ProfileWrite, Settings};
use std::sync::Arc;

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Twin {
    /// Has everything off.
    Off,
    /// Was never asked, and speaks only from where a choice must be on first.
    Unasked,
    /// Has everything on.
    On,
}

impl Twin {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::Unasked, Self::On];

    fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Unasked => "unasked",
            Self::On => "on",
        }
    }

    fn choice(self) -> Option<Choice> {
        match self {
            Self::Off => Some(Choice::Off),
            Self::Unasked => None,
            Self::On => Some(Choice::On),
        }
    }

    /// Returns whether partners may be told of it: nothing about the others may come to a door.
    pub fn is_told_of(self) -> bool {
        match self {
            Self::Off | Self::Unasked => false,
            Self::On => true,
        }
    }

    /// Returns whether it speaks from a country.
    pub fn speaks_from(self, country: Country) -> bool {
        match self {
            Self::Off | Self::On => true,
            Self::Unasked => Jurisdiction::of(Some(country)).default == Choice::Off,
        }
    }
}

/// A subject that is nobody: ids that only this installation has.
#[derive(Clone, Debug)]
pub struct Canary {
    /// Which one.
    pub twin: Twin,
    /// Its account at the platform.
    pub account: String,
    /// The advertising id of its device.
    pub device: String,
    /// The address it speaks from, of a range for documentation.
    pub address: String,
    /// A word in everything free that it sends: its browser's name, its interests, its e-mail address.
    pub marker: String,
    /// The id in the cookie of its browser.
    pub browser: String,
    /// The keys of its account, its device and its browser.
    pub keys: [SubjectKey; 3],
    /// What would give it away, in small letters: its ids and words, as they are and as they are usually hashed.
    traces: Vec<String>,
}

/// All canaries.
#[derive(Clone, Debug)]
pub struct Canaries {
    /// The one that has everything off.
    pub off: Canary,
    /// The one that was never asked.
    pub unasked: Canary,
    /// The one that has everything on.
    pub on: Canary,
}

/// The canaries could not be given their choices.
#[derive(Debug, thiserror::Error)]
pub enum EstablishError {
    /// They could not be made.
    #[error("the canaries could not be given their choices")]
    Change(#[from] ChangeError),
    /// It is not known whether they were made before.
    #[error("it is not known which canaries have got their choices")]
    Kept(#[from] EstablishedError),
}

impl Canaries {
    /// Makes them of a secret of the installation.
    pub fn new(secret: &Secret<[u8; 32]>, keyring: &Keyring) -> Self {
        Self {
            off: Canary::new(Twin::Off, secret, keyring),
            unasked: Canary::new(Twin::Unasked, secret, keyring),
            on: Canary::new(Twin::On, secret, keyring),
        }
    }

    /// Returns one of them.
    pub fn of(&self, twin: Twin) -> &Canary {
        match twin {
            Twin::Off => &self.off,
            Twin::Unasked => &self.unasked,
            Twin::On => &self.on,
        }
    }

    /// Returns whose key that is, if it is a canary's.
    pub fn whose(&self, key: SubjectKey) -> Option<Twin> {
        Twin::ALL.into_iter().find(|twin| self.of(*twin).keys.contains(&key))
    }

    /// Makes the choices of the canaries that are to have some, once for each key. Later starts make none again: that a
    /// choice was lost is what the probe is to find. A choice that is there already stays as it is, even if it is
    /// wrong. None of them is counted among people's.
    pub async fn establish(
        &self,
        settings: &Arc<Settings>,
        kept: &dyn Established,
    ) -> Result<(), EstablishError> {
        let done = kept.established().await?;
        let is_new = |key: &SubjectKey| !done.contains(key);
        let mut new = Vec::new();
        for twin in Twin::ALL {
            let Some(choice) = twin.choice() else { continue };
            for key in self.of(twin).keys.into_iter().filter(is_new) {
                give(settings, key, choice).await?;
                new.push(key);
            }
        }
        if new.contains(&self.on.account_key()) {
            self.introduce(settings).await?;
        }
        if !new.is_empty() {
            // Why: last, so that what a kill cuts off is done again.
            kept.establish(new).await?;
        }
        Ok(())
    }

    /// Gives partners something to be told about the one that said yes.
    async fn introduce(&self, settings: &Arc<Settings>) -> Result<(), ChangeError> {
        if settings.subject(&self.on.request()).protection_age.is_none() {
            settings.put_profile(self.on.account_key(), adult()).await?;
        }
        Ok(())
    }

    /// Gives the one that said no, and its twin, their choices again, after they were lost: what an operator does
    /// who opens a path again. What somebody turned on for the one that was never asked is turned off: nobody can take back that it
    /// was asked.
    pub async fn establish_again(&self, settings: &Arc<Settings>) -> Result<(), EstablishError> {
        for key in self.off.keys {
            let standing = settings.standing(key);
            for setting in Setting::ALL {
                if standing.choice(setting) != Some(Choice::Off) {
                    settings.change_uncounted(change(key, setting, Choice::Off)).await?;
                }
            }
        }
        for key in self.on.keys {
            give(settings, key, Choice::On).await?;
        }
        self.introduce(settings).await?;
        for key in self.unasked.keys {
            let standing = settings.standing(key);
            for setting in Setting::ALL {
                if standing.choice(setting) == Some(Choice::On) {
                    settings.change_uncounted(change(key, setting, Choice::Off)).await?;
                }
            }
        }
        Ok(())
    }
}

/// Makes the choices of a key that are not made.
async fn give(
    settings: &Arc<Settings>,
    key: SubjectKey,
    choice: Choice,
) -> Result<(), ChangeError> {
    let standing = settings.standing(key);
    for setting in Setting::ALL {
        if standing.choice(setting).is_none() {
            settings.change_uncounted(change(key, setting, choice)).await?;
        }
    }
    Ok(())
}

fn change(key: SubjectKey, setting: Setting, value: Choice) -> Change {
    Change {
        key,
        setting,
        value,
        actor: Actor::Operator,
        words: String::from("canary"),
        language: String::from("en"),
    }
}

/// Demographics that partners may be told: there must be something to see.
fn adult() -> ProfileWrite {
    ProfileWrite {
        protection_age: Some((Source::Declared, ForSecurity::new(40))),
        gender: Some(Candidate {
            value: Gender::Female,
            source: Source::Declared,
            confidence: None,
        }),
        ..ProfileWrite::default()
    }
}

impl Canary {
    fn new(twin: Twin, secret: &Secret<[u8; 32]>, keyring: &Keyring) -> Self {
        let digits = |label: &str| {
            let text = format!("canary {} {label}", twin.name());
            // HMAC takes keys of any length: there is always one.
            let mac = Hmac::<Sha256>::new_from_slice(secret.open());
            mac.map(|mac| hex::encode(mac.chain_update(text).finalize().into_bytes()))
                .unwrap_or_default()
        };
        let account = format!("canary-{}", cut(&digits("account"), 0, 24));
        let device = digits("device");
        let device = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)]
            .map(|(from, to)| cut(&device, from, to))
            .join("-");
        let address = match twin {
            Twin::Off => String::from("203.0.113.211"),
            Twin::On => String::from("203.0.113.212"),
            Twin::Unasked => String::from("203.0.113.213"),
        };
        let browser = digits("browser");
        let browser = cut(&browser, 0, 32).to_owned();
        let keys = [keyring.account(&account), keyring.device(&device), keyring.browser(&browser)];
        let marker = format!("canary{}", cut(&digits("marker"), 0, 20));
        let bare = device.replace('-', "");
        let plain = [&account, &device, &bare, &browser, &address, &marker];
        let upper = [device.to_ascii_uppercase(), bare.to_ascii_uppercase()];
        let hashed = plain.into_iter().chain(&upper).flat_map(|one| digests(one));
        let traces = plain.into_iter().cloned().chain(hashed).collect();
        Self { twin, account, device, address, marker, browser, keys, traces }
    }

    /// Returns the key of its account.
    pub fn account_key(&self) -> SubjectKey {
        let [account, ..] = self.keys;
        account
    }

    /// Returns the key of its browser.
    pub fn browser_key(&self) -> SubjectKey {
        let [.., browser] = self.keys;
        browser
    }

    /// Returns the keys by which its requests are known.
    pub fn request(&self) -> sluicegate_settings::RequestKeys {
        let [account, device, _browser] = self.keys;
        sluicegate_settings::RequestKeys {
            account: Some(account),
            device: Some(device),
            ..sluicegate_settings::RequestKeys::default()
        }
    }

    /// Returns whether a text has anything of it, as it is or hashed, in any letters. Digests are found in
    /// hexadecimal digits: MD5, SHA-1 and SHA-256.
    pub fn is_in(&self, text: &[u8]) -> bool {
        has_any(&self.traces, text)
    }
}

/// Returns whether a text has any of these, which are in small letters, in any letters.
pub(crate) fn has_any(traces: &[String], text: &[u8]) -> bool {
    let text = text.to_ascii_lowercase();
    traces.iter().any(|trace| memmem::find(&text, trace.as_bytes()).is_some())
}

/// Returns what partners in the field usually make of an id.
fn digests(text: &str) -> [String; 3] {
    [
        hex::encode(Md5::digest(text)),
        hex::encode(Sha1::digest(text)),
        hex::encode(Sha256::digest(text)),
    ]
}

fn cut(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}
