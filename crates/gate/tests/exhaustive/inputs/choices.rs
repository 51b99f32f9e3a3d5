//! Inputs of rules 3 and 4: what is known at each key.

use super::Input;
use crate::world::{KEYS, untouched};
use sluicegate_gate::{Choice, KeyKind, Reason, Standing};

pub(super) fn inputs() -> Vec<Input> {
    let mut inputs: Vec<Input> = KEYS.into_iter().map(key_states).collect();
    inputs.push(opened());
    inputs
}

/// The states of one setting at one key, open ones first.
const STATES: [(&str, Option<Choice>, bool); 6] = [
    ("on", Some(Choice::On), false),
    ("unsaid", None, false),
    ("off", Some(Choice::Off), false),
    ("on, marked", Some(Choice::On), true),
    ("marked", None, true),
    ("off, marked", Some(Choice::Off), true),
];

/// From each state the ones that close one step more.
const STEPS: [&[usize]; 6] = [&[1, 3], &[2, 4], &[5], &[4], &[5], &[]];

/// A key: not there, or there with every state of both settings.
fn key_states(kind: KeyKind) -> Input {
    let (name, index) = match kind {
        KeyKind::Account => ("account", 0),
        KeyKind::Device => ("device", 1),
        KeyKind::Browser => ("browser", 2),
    };
    let reaches = [
        Reason::SharingOff(kind),
        Reason::SharingOffOnLinkedAccount,
        Reason::SharingOffByDefault,
        Reason::HappenedWhileOff,
        Reason::PersonalizeAdsOff,
    ];
    let mut input =
        Input::new(name, &reaches).value("absent", move |world| world.keys[index] = None);
    for (sharing_name, sharing, sharing_marked_off) in STATES {
        for (personalize_name, personalize_ads, personalize_ads_marked_off) in STATES {
            let standing = Standing {
                sharing,
                personalize_ads,
                sharing_marked_off,
                personalize_ads_marked_off,
                ..untouched(kind)
            };
            let name = format!("sharing {sharing_name}; personalize {personalize_name}");
            input = input.value(name, move |world| world.keys[index] = Some(standing));
        }
    }
    for (sharing, sharing_steps) in STEPS.iter().enumerate() {
        // A key that says off closes more than no key; one that says nothing may open what no key keeps closed.
        if sharing > 1 {
            input.values[0].tighter.push(1 + 6 * sharing);
        }
        for (personalize, personalize_steps) in STEPS.iter().enumerate() {
            let by_sharing = sharing_steps.iter().map(|next| 1 + 6 * next + personalize);
            let by_personalize = personalize_steps.iter().map(|next| 1 + 6 * sharing + next);
            input.values[1 + 6 * sharing + personalize].tighter =
                by_sharing.chain(by_personalize).collect();
        }
    }
    input
}

/// At which keys sharing was turned on lately.
pub(crate) fn opened() -> Input {
    Input::new("opened", &[Reason::HappenedWhileOff])
        .value("never", |world| world.opened = [false; 3])
        .value("account", |world| world.opened = [true, false, false])
        .value("device", |world| world.opened = [false, true, false])
        .value("browser", |world| world.opened = [false, false, true])
        .value("everywhere", |world| world.opened = [true; 3])
        .closing("never", &["account", "device", "browser"])
        .closing("account", &["everywhere"])
        .closing("device", &["everywhere"])
        .closing("browser", &["everywhere"])
}
