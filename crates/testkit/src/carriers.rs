//! Consent strings that carry a mark: beside, behind and inside what a reader looks at.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sluicegate_signals_encoder::{Gpp, TcString, UsSection, UsSpecification};

/// 2 March 2026, in tenths of a second since 1970.
const MADE_DS: u64 = 17_724_096_000;

/// Strings with a mark in one of them. All else that they say is agreement.
#[derive(Clone, Debug, Default)]
pub struct Carrier {
    /// Where the mark is.
    pub title: &'static str,
    /// `user.consent` or `tc_string`.
    pub tcf: Option<String>,
    /// `regs.gpp` or `gpp_string`.
    pub gpp: Option<String>,
    /// The sections in force.
    pub sections: Vec<i64>,
    /// `us_privacy`.
    pub us_privacy: Option<String>,
}

/// Returns every way in which a mark can ride.
pub fn carriers(mark: &str) -> Vec<Carrier> {
    let hidden = URL_SAFE_NO_PAD.encode(mark);
    let tcf = TcString::agreeing(MADE_DS, &[7]).encode();
    let california = UsSection::agreeing(UsSpecification::California);
    let section = california.encode();
    let gpp = |sections: &[(u16, &str)], in_force: &[i64]| {
        let written = sections.iter().fold(Gpp::new(), |gpp, (id, text)| gpp.with(*id, *text));
        (Some(written.encode()), in_force.to_vec())
    };
    let of_tcf = |title, text| Carrier { title, tcf: Some(text), ..Carrier::default() };
    let of_gpp = |title, (gpp, sections)| Carrier { title, gpp, sections, ..Carrier::default() };
    let open = Gpp::new().with_us(&california).encode();
    vec![
        of_tcf("a TC string that is the mark", hidden.clone()),
        of_tcf("behind a TC string", format!("{tcf}{hidden}")),
        of_tcf("in a segment of its own", format!("{tcf}.{hidden}")),
        of_tcf("in a segment, as it is", format!("{tcf}.{mark}")),
        of_tcf("in front of a TC string", format!("{hidden}.{tcf}")),
        of_gpp("in an unknown section in force", gpp(&[(8, &section), (99, &hidden)], &[8, 99])),
        of_gpp("in an unknown section beside", gpp(&[(8, &section), (99, &hidden)], &[8])),
        of_gpp("as it is in an unknown section beside", gpp(&[(8, &section), (99, mark)], &[8])),
        of_gpp("in a known section beside", gpp(&[(8, &section), (9, &hidden)], &[8])),
        of_gpp("behind the part of a section", gpp(&[(8, &format!("{section}.{hidden}"))], &[8])),
        of_gpp("behind a section", gpp(&[(8, &format!("{section}{hidden}"))], &[8])),
        of_gpp("behind the last section", (Some(format!("{open}~{hidden}")), vec![8])),
        of_gpp("in the header", (Some(format!("DBAA{hidden}~{section}")), vec![8])),
        of_gpp("in the signature", gpp(&[(4, &hidden), (8, &section)], &[8])),
        Carrier {
            title: "in a US Privacy string",
            us_privacy: Some(format!("1YNN{mark}")),
            ..Carrier::default()
        },
    ]
}
