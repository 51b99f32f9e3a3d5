//! The pages that are open to everyone, with sample contexts, empty states included.

use super::{
    edition, later_edition,
    samples::{Of, Sample, named},
};
use crate::pages::{
    layout::{Layout, Place},
    oidc::SignedOutPage,
    partners::{
        Around, ChangesPage, Comparison, EditionsPage, OpinionForm, PartnersPage, Reader, Stamp,
        Standing, Thanks,
    },
    signing_in::SigningInPage,
};
use sluicegate_register::{PublicEdition, PublicPartnership, Seller};

pub(super) fn all(of: Of, platform: &str) -> Vec<Sample> {
    let pages = [partners(of, platform), comparisons(of, platform), signed_out(of, platform)];
    pages.into_iter().flatten().collect()
}

/// Filled with text that wants to be markup.
pub(super) fn hostile(of: Of, text: &str) -> Vec<Sample> {
    let mut public = edition().public();
    every(&mut public, |one| {
        one.title = text.to_owned();
        one.summary = text.to_owned();
        one.partner.name = text.to_owned();
        one.partner.legal_name = text.to_owned();
        one.partner.contact = text.to_owned();
        one.partner.privacy_url = text.to_owned();
        one.purposes = vec![text.to_owned()];
        for audience in &mut one.audiences {
            audience.name = text.to_owned();
        }
    });
    let past = around(Standing::Past { in_force: 9 }, None, text);
    let page = PartnersPage::of(of.layout(text, Place::Partners), past, public.clone());
    let comparison = Comparison::of(reader(of, text), edition().public(), public);
    let changes = ChangesPage {
        layout: of.layout(text, Place::Partners),
        editions: vec![comparison.from.clone()],
        comparison,
    };
    vec![
        named("partners", &page),
        named("changes", &changes),
        named(
            "signed-out",
            &SignedOutPage {
                layout: of.layout(text, Place::Elsewhere),
                at_provider: Some(text.to_owned()),
            },
        ),
        named(
            "signing-in",
            &SigningInPage { layout: of.layout(text, Place::Elsewhere), token: text.to_owned() },
        ),
    ]
}

fn partners(of: Of, platform: &str) -> Vec<Sample> {
    let full = edition().public();
    let mut empty = full.clone();
    for group in &mut empty.groups {
        group.partnerships.clear();
    }
    let mut suspended = full.clone();
    every(&mut suspended, |one| {
        one.suspended = true;
        one.end = Some(one.start);
        one.countries = vec!["USA".parse().unwrap(), "NZL".parse().unwrap()];
    });
    let signed_out = of.signed_out(platform, Place::Partners);
    let signed_in = of.layout(platform, Place::Partners);
    let in_force = |seen| Standing::InForce { seen };
    let show = |layout: &Layout, standing, thanks, edition| {
        PartnersPage::of(layout.clone(), around(standing, thanks, "Harbor"), edition)
    };
    vec![
        named("partners", &show(&signed_out, in_force(None), None, full.clone())),
        named("partners-empty", &show(&signed_out, in_force(None), None, empty)),
        named("partners-suspended", &show(&signed_in, in_force(None), None, suspended)),
        named("partners-new", &show(&signed_in, in_force(Some(1)), None, full.clone())),
        named(
            "partners-past",
            &show(&signed_out, Standing::Past { in_force: 3 }, None, full.clone()),
        ),
        named(
            "partners-thanks",
            &show(&signed_out, in_force(None), Some(Thanks::Helpful), full.clone()),
        ),
        named("partners-sorry", &show(&signed_in, in_force(None), Some(Thanks::NotHelpful), full)),
    ]
}

fn comparisons(of: Of, platform: &str) -> Vec<Sample> {
    let (first, later) = (edition(), later_edition());
    let stamps = vec![Stamp::of(&later.public()), Stamp::of(&first.public())];
    let page = |from: &PublicEdition, to: &PublicEdition| ChangesPage {
        layout: of.layout(platform, Place::Partners),
        comparison: Comparison::of(reader(of, platform), from.clone(), to.clone()),
        editions: stamps.clone(),
    };
    let (first, later) = (first.public(), later.public());
    let mut hidden = first.clone();
    hidden.number = 2;
    let editions =
        EditionsPage { layout: of.layout(platform, Place::Partners), editions: stamps.clone() };
    vec![
        named("changes", &page(&first, &later)),
        named("changes-back", &page(&later, &first)),
        named("changes-none", &page(&first, &first)),
        named("changes-hidden", &page(&first, &hidden)),
        named("editions", &editions),
    ]
}

fn signed_out(of: Of, platform: &str) -> Vec<Sample> {
    let page = |at_provider: Option<&str>| SignedOutPage {
        layout: of.signed_out(platform, Place::Elsewhere),
        at_provider: at_provider.map(str::to_owned),
    };
    vec![
        named(
            "signing-in",
            &SigningInPage {
                layout: of.signed_out(platform, Place::Elsewhere),
                token: String::from("a.b.c"),
            },
        ),
        named("signed-out", &page(None)),
        named("signed-out-elsewhere", &page(Some("https://id.platform.example/end?a=b&c=d"))),
    ]
}

fn reader(of: Of, platform: &str) -> Reader<'_> {
    Reader { language: of.0, platform }
}

fn around(standing: Standing, thanks: Option<Thanks>, text: &str) -> Around {
    Around {
        standing,
        permanent: format!("https://{text}/partners/editions/1"),
        within_seconds: 5,
        figures: Some(String::from("/effectiveness")),
        seller: Seller {
            seller_id: text.to_owned(),
            name: text.to_owned(),
            domain: text.to_owned(),
            seller_type: "PUBLISHER",
        },
        opinion: OpinionForm { token: String::from("1.ab"), edition: 1, thanks },
    }
}

fn every(edition: &mut PublicEdition, change: impl Fn(&mut PublicPartnership)) {
    edition.groups.iter_mut().flat_map(|group| &mut group.partnerships).for_each(change);
}
