//! A partnership in words: a heading, a summary, and rows of a name with its values. The page prints the rows
//! and the comparison of two editions compares them, so that what is said to have changed is what is read.

use crate::pages::{
    language::{Language, Message, Registered},
    when::Moment,
    words,
};
use sluicegate_gate::{Category, Country, Kind, WhenWithheld};
use sluicegate_register::{
    Day, DeviceIdForm, PublicEdition, PublicGroup, PublicLinking, PublicPartnership, Role,
};

/// The partnerships of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) kind: Kind,
    pub(crate) opens_outside: bool,
    pub(crate) listed: Vec<Listed>,
}

/// One partnership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) partner: String,
    pub(crate) title: Registered,
    pub(crate) summary: Registered,
    pub(crate) is_suspended: bool,
    /// Whether the register's texts are in another language than the page.
    pub(crate) is_original: bool,
    pub(crate) rows: Vec<Row>,
}

/// What one row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) field: Field,
    pub(crate) values: Vec<Said>,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// In the page's words.
    Words(Message),
    /// As the register has it.
    Text(String),
    /// In the register's words.
    Registered(Registered),
}

/// The rows, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Who the partner is.
    Company,
    /// What it may get.
    Data,
    /// On which lists it may put people.
    Lists,
    /// What for.
    Purposes,
    /// In whose name.
    Role,
    /// For how long it may keep it.
    Retention,
    /// Where.
    Countries,
    /// From when until when.
    InForce,
    /// What happens while sharing is off.
    WhenOff,
    /// Its promise to ask before linking.
    Linking,
    /// Its number on the list of vendors of the consent framework.
    Vendor,
    /// Its privacy page.
    Privacy,
    /// How to reach it.
    Contact,
}

/// Who reads, and where: a language and the platform's name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) language: Language,
    pub(crate) platform: &'a str,
}

/// Puts an edition into words.
pub(crate) fn groups(reader: Reader<'_>, edition: PublicEdition) -> Vec<Group> {
    let mut is_outside = false;
    let groups = edition.groups.into_iter().map(|group| {
        let opens_outside = !is_outside && !group.controlled_by_setting;
        is_outside |= opens_outside;
        Group::of(reader, group, opens_outside)
    });
    groups.collect()
}

impl Group {
    fn of(reader: Reader<'_>, group: PublicGroup, opens_outside: bool) -> Self {
        let kind = group.kind;
        let listed = group.partnerships.into_iter().map(|one| Listed::of(reader, kind, one));
        Self { kind, opens_outside, listed: listed.collect() }
    }

    pub(crate) fn heading(&self, language: Language) -> Message {
        words::kind(language, self.kind)
    }
}

impl Listed {
    fn of(reader: Reader<'_>, kind: Kind, partnership: PublicPartnership) -> Self {
        // Why: all languages of an edition are one edition; what it has no text for is shown as it was written.
        let language = reader.language;
        let texts = partnership.texts.iter().find(|texts| texts.language == language.tag());
        let (title, summary, purposes) = match texts {
            Some(texts) => (&texts.title, &texts.summary, &texts.purposes),
            None => (&partnership.title, &partnership.summary, &partnership.purposes),
        };
        let is_original = texts.is_none() && language != Language::English;
        let said = |text: &String| Registered::new(text, is_original);
        let (title, summary) = (said(title), said(summary));
        let purposes = purposes.iter().map(said).map(Said::Registered).collect();
        let rows = rows(reader, &partnership, purposes);
        Self {
            id: partnership.id.to_string(),
            kind,
            title,
            summary,
            is_original,
            rows: rows.into_iter().filter(|row| !row.values.is_empty()).collect(),
            partner: partnership.partner.name,
            is_suspended: partnership.suspended,
        }
    }
}

impl Row {
    /// Returns the value where there is one alone.
    pub(crate) fn only(&self) -> Option<&Said> {
        match self.values.as_slice() {
            [only] if !self.field.is_list() => Some(only),
            _ => None,
        }
    }
}

impl Said {
    /// Returns the words alone.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Words(words) => words.plain(),
            Self::Text(text) => text.clone(),
            Self::Registered(text) => text.text().to_owned(),
        }
    }
}

impl Field {
    /// Returns the message that names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Company => "partners-company",
            Self::Data => "partners-data",
            Self::Lists => "partners-lists",
            Self::Purposes => "partners-purposes",
            Self::Role => "partners-role",
            Self::Retention => "partners-kept",
            Self::Countries => "partners-countries",
            Self::InForce => "partners-in-force",
            Self::WhenOff => "partners-when-off",
            Self::Linking => "partners-linking",
            Self::Vendor => "partners-vendor",
            Self::Privacy => "partners-privacy",
            Self::Contact => "partners-contact",
        }
    }

    /// Whether its values are a list also where there is one alone.
    pub(crate) fn is_list(self) -> bool {
        matches!(self, Self::Data | Self::Lists | Self::Purposes)
    }
}

fn rows(reader: Reader<'_>, partnership: &PublicPartnership, purposes: Vec<Said>) -> Vec<Row> {
    let language = reader.language;
    let row = |field, values: Vec<Said>| Row { field, values };
    let texts = |texts: &mut dyn Iterator<Item = &String>| texts.cloned().map(Said::Text).collect();
    let one =
        |field, said: Option<Message>| row(field, said.map(Said::Words).into_iter().collect());
    let text = |field, text: &str| row(field, vec![Said::Text(text.to_owned())]);
    let partner = &partnership.partner;
    let company = language
        .say("partners-company-value")
        .with("company", &partner.legal_name)
        .with("country", words::country(language, partner.country));
    let kept = language.say("partners-days").with("days", partnership.retention_days);
    let vendor = partnership.tcf_vendor_id.map(|id| id.to_string());
    let privacy = language.say("partners-privacy-link").with("partner", &partner.name);
    vec![
        one(Field::Company, Some(company)),
        row(Field::Data, data(language, partnership)),
        row(Field::Lists, texts(&mut partnership.audiences.iter().map(|audience| &audience.name))),
        row(Field::Purposes, purposes),
        one(Field::Role, Some(role(reader, partnership.role))),
        one(Field::Retention, Some(kept)),
        row(Field::Countries, countries(language, &partnership.countries).into_iter().collect()),
        one(Field::InForce, Some(in_force(language, partnership.start, partnership.end))),
        one(Field::WhenOff, partnership.when_withheld.map(|when| language.say(when_off(when)))),
        one(Field::Linking, partnership.linking.map(|promise| linking(language, promise))),
        one(Field::Vendor, vendor.map(|id| language.say("partners-vendor-id").with("id", id))),
        one(Field::Privacy, Some(privacy.link("privacy", &partner.privacy_url))),
        text(Field::Contact, &partner.contact),
    ]
}

fn data(language: Language, partnership: &PublicPartnership) -> Vec<Said> {
    if partnership.categories.is_empty() {
        return vec![Said::Words(language.say("partners-data-none"))];
    }
    let said = partnership.categories.iter().map(|category| {
        let words = words::category(language, *category);
        Said::Words(match (category, partnership.device_id) {
            (Category::DeviceIdentifier, Some(form)) => {
                language.say(written(form)).with("data", words)
            }
            _ => words,
        })
    });
    said.collect()
}

fn role(reader: Reader<'_>, role: Role) -> Message {
    match role {
        Role::Controller => reader.language.say("partners-role-controller"),
        Role::Processor => {
            reader.language.say("partners-role-processor").with("platform", reader.platform)
        }
    }
}

fn when_off(when: WhenWithheld) -> &'static str {
    match when {
        WhenWithheld::Skip => "partners-when-off-skip",
        WhenWithheld::Contextual => "partners-when-off-contextual",
    }
}

fn linking(language: Language, linking: PublicLinking) -> Message {
    language
        .say("partners-linking-text")
        .with("signed", day(linking.signed_on).day())
        .with("expires", day(linking.expires_on).day())
}

fn written(form: DeviceIdForm) -> &'static str {
    match form {
        DeviceIdForm::PerPartnerHmac => "partners-device-per-partner",
        DeviceIdForm::Raw => "partners-device-raw",
    }
}

fn countries(language: Language, countries: &[Country]) -> Option<Said> {
    let names: Vec<String> =
        countries.iter().map(|country| words::country(language, *country)).collect();
    (!names.is_empty()).then(|| Said::Text(language.list(&names)))
}

fn in_force(language: Language, start: Day, end: Option<Day>) -> Message {
    match end {
        Some(end) => {
            let said = language.say("partners-from-until").with("start", day(start).day());
            // Why: people read the last day of a range as one of it; the register names the first day after it.
            said.with("last", day(end.before()).day())
        }
        None => language.say("partners-since").with("start", day(start).day()),
    }
}

fn day(day: Day) -> Moment {
    Moment::of(day.start())
}
