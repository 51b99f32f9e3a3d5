//! Whole GPP strings and US Privacy, read by `@iabgpp/cmpapi`.

use crate::{asked::compare, dice::Dice, us};
use serde_json::{Map, Value, json};
use sluicegate_signals_encoder::{
    Gpp, Grouping, Padding, UsPrivacy, UsPrivacyAnswer, UsSpecification, peers::Kind,
};

const SEED: u64 = 20_260_104;
const STRINGS: usize = 500;

#[test]
fn the_official_library_finds_every_section() {
    let mut dice = Dice::of(SEED);
    let written = (0..STRINGS).map(|_| {
        let (string, sections) = string(&mut dice);
        let ids: Vec<u16> = string.sections.keys().copied().collect();
        (Kind::Gpp, string.encode(), json!({ "ids": ids, "sections": sections }))
    });
    compare(SEED, &written.collect::<Vec<_>>());
}

#[test]
fn the_official_library_reads_every_us_privacy_string() {
    let answers = [UsPrivacyAnswer::Yes, UsPrivacyAnswer::No, UsPrivacyAnswer::NotApplicable];
    let mut written = Vec::new();
    for notice in answers {
        for opt_out_sale in answers {
            for lspa_covered in answers {
                let string = UsPrivacy { notice, opt_out_sale, lspa_covered, ..UsPrivacy::new() };
                written.push((Kind::UsPrivacy, string.encode(), us_privacy(string)));
            }
        }
    }
    compare(0, &written);
}

/// Returns a string of some US sections, perhaps US Privacy, perhaps sections that nobody knows.
fn string(dice: &mut Dice) -> (Gpp, Value) {
    let mut string = Gpp {
        grouping: dice.one_of(&[Grouping::Groups, Grouping::Singles]),
        padding: dice.one_of(&[Padding::Letters, Padding::Octets]),
        ..Gpp::new()
    };
    let mut sections = Map::new();
    for specification in UsSpecification::ALL {
        if dice.coin() {
            let section = us::section(dice, specification);
            sections.insert(specification.prefix().to_owned(), us::expected(&section));
            string = string.with_us(&section);
        }
    }
    if dice.coin() {
        let us = UsPrivacy { notice: UsPrivacyAnswer::Yes, ..UsPrivacy::new() };
        sections.insert("uspv1".to_owned(), us_privacy(us));
        string = string.with_us_privacy(&us);
    }
    for _ in 0..dice.byte(3) {
        string = string.with(28 + dice.number(4_000), "what nobody knows");
    }
    (string, Value::Object(sections))
}

fn us_privacy(string: UsPrivacy) -> Value {
    let answer = |answer| match answer {
        UsPrivacyAnswer::Yes => "Y",
        UsPrivacyAnswer::No => "N",
        UsPrivacyAnswer::NotApplicable => "-",
    };
    json!({
        "Version": string.version,
        "Notice": answer(string.notice),
        "OptOutSale": answer(string.opt_out_sale),
        "LspaCovered": answer(string.lspa_covered),
    })
}
