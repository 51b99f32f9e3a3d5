//! `sluicegate rules`: what leaves when. What stands in tables and lists comes from those by which this program decides;
//! the sentences around them are written here.

use super::print;
use sluicegate_gate::{Categories, Category, Choice, Jurisdiction, Reason, TcfUse};
use sluicegate_signals::{UsField, UsLaw, UsRefusal};
use std::fmt::{self, Display, Formatter};

/// Prints the rules of the decision as one page, in Markdown.
pub(crate) fn run() -> anyhow::Result<()> {
    print(Page)
}

/// The page.
struct Page;

impl Display for Page {
    fn fmt(&self, page: &mut Formatter<'_>) -> fmt::Result {
        page.write_str(INTRODUCTION)?;
        categories(page)?;
        page.write_str(RULES)?;
        reasons(page)?;
        bases(page)?;
        laws(page)?;
        countries(page)?;
        page.write_str(PASSED_ON)?;
        write!(page, "{SIGNATURE}")
    }
}

const INTRODUCTION: &str = "\
# What leaves when

Printed by `sluicegate rules`. The categories, reasons, laws, countries and ages in the tables and lists are those by which
that version of the program decides. The sentences around them are written by hand; the scenarios in `scenarios/` check that
the program does as they say. Whoever answers for privacy can read it, compare it with the law, and sign it.
";

const RULES: &str = "
## The rules

For each person, each partnership and each moment the gateway decides anew. Every rule only takes away; all of them are
asked, and every reason is kept. What no rule took away is cut to the categories that the partnership lists. Where nothing
about the person is left, nothing leaves; a bidding partner is then asked without the person only where the partnership says
so, and never under COPPA, for a child, or without a legal basis to ask.

1. **Register.** The partnership is in force in the current edition; a bidding partner's promise to ask before linking data
   to a person has not lapsed; the country is served; for exposures, the advertiser who ran the ad chose the partner.
2. **Certainty.** The gateway's copy of all choices is complete and fresh.
3. **Share your data.** No account, device or browser that [is named](interfaces.md#post-openrtb2auction) says `off`, and one that may speak says `on`, or the country's
   default does. It controls real-time bidding and conversion tracking; service providers and other arrangements are outside
   it. What happened before sharing was last turned on is never told, also where the clock was set back in between. Of whoever is
   erased nothing from before is told, inside the setting or outside.
4. **Personalize ads.** While it is `off`, bidding partners get nothing to recognize the person by, and no demographics that
   came from partners or from activity off the platform. It does not touch the measurement of ads that were shown.
5. **Protection and law.** Age; the device's own limits; opt-outs; legal bases. A signal that cannot be read counts as a
   refusal.
6. **Listing.** Only what the partnership lists.
";

const PASSED_ON: &str = "
## Consent strings

A string of the Transparency and Consent Framework, of the Global Privacy Platform or of US Privacy is passed on with what is
told about the person, as `plumbing`, and only if all of it was understood to its last bit. It is passed on as it came, but that
`Created` and `LastUpdated` of a string of the Transparency and Consent Framework, of Europe or Canada, become the day of the last
update: the moment would tell people apart. It is never passed on with a request that tells nothing about the person. Of several
strings that speak about the same thing all must agree.

Beside them, and also with a request that tells nothing about the person, a partner is told whether the General Data
Protection Regulation applies, as it was decided here and whatever the request said: `gdpr` is 1 where it applies, 0 where it
does not and the request says so too, and otherwise absent.
";

const SIGNATURE: &str = "
## Signed

| version | reviewed by | on |
| --- | --- | --- |
| | | |";

fn categories(page: &mut Formatter<'_>) -> fmt::Result {
    writeln!(
        page,
        "\n## Categories\n\n| category | what | about the person |\n| --- | --- | --- |"
    )?;
    for category in Category::ALL {
        let about = if Categories::PERSONAL.contains(category) {
            "yes"
        } else if category == Category::Plumbing {
            // Why: the exchange works without them, and they come only where something of the person does.
            "no, but for the consent strings that travel with it"
        } else {
            "no"
        };
        writeln!(page, "| `{}` | {} | {about} |", category.name(), what(category))?;
    }
    writeln!(
        page,
        "\nNames, e-mail addresses, phone numbers and handles are not a category: outgoing messages have no field for them."
    )
}

fn what(category: Category) -> &'static str {
    match category {
        Category::Plumbing => "what the exchange of messages itself needs",
        Category::Context => "the site or app, by its registered names",
        Category::CoarseDevice => {
            "the kind of device, its language and rough region; addresses cut to /24 and /48"
        }
        Category::DeviceIdentifier => "advertising id, whole address, a daily id for one partner",
        Category::Demographic => "gender and age band",
        Category::Exposure => "that an ad was seen, watched or interacted with",
        Category::PreciseLocation => "latitude and longitude",
    }
}

/// Two reasons can take more than always: it is said beside them.
fn reasons(page: &mut Formatter<'_>) -> fmt::Result {
    writeln!(
        page,
        "\n## Reasons\n\nThe codes are the same on every page, interface, metric and record.\n\n\
         | code | in words | takes away | rule or law |\n| --- | --- | --- | --- |"
    )?;
    for reason in Reason::ALL {
        let more = match reason {
            Reason::PersonalizeAdsOff => "; `demographic` where all of it came from elsewhere",
            Reason::SignalNotReadable => "; everything where a legal basis is needed",
            _ => "",
        };
        let taken = match reason {
            Reason::CategoryNotListed => Taken::NotListed,
            _ => Taken::Categories(reason.categories()),
        };
        let (code, words, rule) = (reason.code(), reason.words(), reason.rule());
        writeln!(page, "| `{code}` | {words} | {taken}{more} | {rule} |")?;
    }
    Ok(())
}

/// What a reason takes away.
enum Taken {
    Categories(Categories),
    NotListed,
}

impl Display for Taken {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        let categories = match self {
            Self::NotListed => return text.write_str("the categories not listed"),
            Self::Categories(Categories::ALL) => return text.write_str("everything"),
            Self::Categories(Categories::PERSONAL) => {
                return text.write_str("everything about the person");
            }
            Self::Categories(categories) => categories,
        };
        let names: Vec<String> =
            categories.iter().map(|category| format!("`{}`", category.name())).collect();
        text.write_str(&names.join(", "))
    }
}

fn bases(page: &mut Formatter<'_>) -> fmt::Result {
    writeln!(
        page,
        "\n## Legal bases\n\n\
         Needed where the General Data Protection Regulation applies: `regs.gdpr` is 1; or the account's or the request's country is \
         marked so below, whatever `regs.gdpr` says; or a section of TCF Europe is in force; or neither a country nor `regs.gdpr` is known. \
         Where the section of TCF Canada is in force, express consent is needed in the same way, and purpose 1 is not used. Where either \
         section is in force and the string of the Global Privacy Platform cannot be read, everything is taken away. Both count as in force \
         where nobody can tell: where the string's table of contents cannot be read and no list says which sections are in force.\n\n\
         | what the partner does | needs | without it |\n| --- | --- | --- |"
    )?;
    for (used, does) in [
        (TcfUse::Ask, "is asked to bid"),
        (TcfUse::Measure, "is told of an exposure"),
        (TcfUse::Identify, "gets an identifier"),
        (TcfUse::Profile, "gets demographics"),
        (TcfUse::Locate, "gets the exact place"),
    ] {
        let needs = used.purpose().map_or_else(
            || String::from("special feature 1"),
            |purpose| format!("purpose {purpose}"),
        );
        let taken = Taken::Categories(Reason::NoBasis(used).categories());
        writeln!(page, "| {does} | {needs} | loses {taken} |")?;
    }
    writeln!(
        page,
        "\nA vendor has a basis if it was shown to the person, declared the purpose on the Global Vendor List, is not restricted by the \
         publisher, and the person agreed to the purpose and to the vendor (or, for legitimate interest, objected to neither). Purposes 1 \
         and 3 to 6 need consent. A processor that is no vendor acts on what the person agreed to for the platform itself. Any other \
         partner has no basis."
    )
}

fn laws(page: &mut Formatter<'_>) -> fmt::Result {
    writeln!(
        page,
        "\n## Laws of the United States\n\n\
         By their sections of the Global Privacy Platform. Those in force are all read, and the strictest of each holds. Each closes \
         everything about the person when it says one of these:\n"
    )?;
    for refusal in UsRefusal::ALL {
        writeln!(page, "- {}", Reason::UsLaw(refusal).words())?;
    }
    writeln!(
        page,
        "\nA known child closes whatever consent is noted. The exact place needs an entry of its own, in which the person agreed, in the \
         section of every law in force; it is closed by a section that has no such entry. What was agreed to under a framework counts \
         only where none of these sections is in force.\n\n\
         | section | law | opt-outs | Global Privacy Control | exact place |\n| --- | --- | --- | --- | --- |"
    )?;
    for law in UsLaw::ALL {
        let has = |field| law.fields().any(|other| other == field);
        let opt_outs: Vec<&str> = [
            (UsField::SaleOptOut, "sale"),
            (UsField::SharingOptOut, "sharing"),
            (UsField::TargetedAdvertisingOptOut, "targeted advertising"),
        ]
        .into_iter()
        .filter_map(|(field, name)| has(field).then_some(name))
        .collect();
        let mark = |holds: bool| if holds { "yes" } else { "no" };
        writeln!(
            page,
            "| {} `{}` | {} | {} | {} | {} |",
            law.section(),
            law.prefix(),
            law.name(),
            opt_outs.join(", "),
            mark(law.has_gpc()),
            mark(law.has_geolocation())
        )?;
    }
    Ok(())
}

fn countries(page: &mut Formatter<'_>) -> fmt::Result {
    writeln!(
        page,
        "\n## Countries\n\n\
         What both settings are while a person has not chosen, whether legal bases are needed, and below which age nothing about a person \
         is told. Of the account's and the request's country the stricter holds, column by column. Persons under 18 never have identifiers, \
         demographics or the exact place told.\n\n\
         | country | settings | bases | law | child below | law |\n| --- | --- | --- | --- | --- | --- |"
    )?;
    let rows = Jurisdiction::ROWS.iter().map(|(code, row)| (*code, *row));
    let fallbacks = [("any other", Jurisdiction::STRICT), ("unknown", Jurisdiction::UNKNOWN)];
    for (code, row) in rows.chain(fallbacks) {
        let default = match row.default {
            Choice::On => "on",
            Choice::Off => "off",
        };
        let bases = if row.gdpr { "needed" } else { "not needed" };
        writeln!(
            page,
            "| {code} | {default} | {bases} | {} | {} | {} |",
            row.law, row.child_below, row.child_law
        )?;
    }
    Ok(())
}
