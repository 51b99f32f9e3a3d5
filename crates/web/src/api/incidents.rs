//! `POST /v1/incidents/query`: what left on a path, to a partner, under an edition or a version of the program,
//! in a time: how many people, which fields, which partners, how often. `POST /v1/incidents/people`: who they
//! were. For operators.

use super::{Desk, Scope, body};
use crate::problem::{Kind, Problem};
use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{
    Categories, Category, EditionHash, PartnershipId, Path, SubjectKey, time::UnixMillis,
};
use sluicegate_ledger::{Incident, IncidentScope, KindTally};
use sluicegate_register::{Edition, EditionStoreError, EditionSummary, Partnership};
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    fmt::Write as _,
    ops::RangeInclusive,
};

/// Digits of an edition's hash that name it, at least.
const HASH_DIGITS: usize = 8;
const SEVERAL_EDITIONS: &str = "more than one edition is called so, by number or by the first digits of the hash: more digits say which";
const NO_EDITION: &str = "neither a number nor a hash, nor 8 or more of its first digits";
/// People in one piece of an answer.
const PEOPLE_PIECE: usize = 4_096;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// The way it left.
    path: Option<String>,
    /// A partner's id in the register: all of its partnerships.
    partner: Option<String>,
    /// One partnership.
    partnership: Option<PartnershipId>,
    /// The number of an edition, or its hash, or the first digits of that.
    edition: Option<EditionName>,
    /// The version of the program.
    program: Option<String>,
    /// From when, in milliseconds since 1970; from the beginning where absent.
    from_ms: Option<UnixMillis>,
    /// Until when; until now where absent.
    to_ms: Option<UnixMillis>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum EditionName {
    Number(u32),
    Text(String),
}

/// The answer.
#[derive(Debug, Serialize)]
pub(crate) struct Scoped {
    from_ms: UnixMillis,
    to_ms: UnixMillis,
    people: PeopleCount,
    #[serde(flatten)]
    all: Counts,
    partnerships: Vec<PartnershipPart>,
    /// Windows of the path and time in which records may be missing.
    uncertain_windows: Vec<Uncertain>,
    /// Outlines that do not read, by their first and last commit: what left in them is not counted. Left out where
    /// all read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread_outlines: Vec<[u64; 2]>,
}

#[derive(Debug, Serialize)]
struct PeopleCount {
    accounts: u64,
    devices: u64,
    browsers: u64,
}

#[derive(Debug, Serialize)]
struct Counts {
    messages: u64,
    disclosures: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_ms: Option<UnixMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ms: Option<UnixMillis>,
}

impl From<KindTally> for Counts {
    fn from(tally: KindTally) -> Self {
        let is_any = tally.messages > 0;
        Self {
            messages: tally.messages,
            disclosures: tally.disclosures,
            first_ms: is_any.then_some(tally.first),
            last_ms: is_any.then_some(tally.last),
        }
    }
}

#[derive(Debug, Serialize)]
struct PartnershipPart {
    partnership: PartnershipId,
    #[serde(flatten)]
    counts: Counts,
    paths: BTreeSet<&'static str>,
    editions: BTreeSet<String>,
    programs: BTreeSet<String>,
    categories: Vec<&'static str>,
    fields: BTreeSet<String>,
}

#[derive(Debug, Serialize)]
struct Uncertain {
    path: &'static str,
    from_ms: UnixMillis,
    until_ms: UnixMillis,
}

pub(crate) async fn query(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Scoped>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let scope = scope(&desk, body::json(body).await?).await?;
    desk.ledger.flush().await.map_err(|error| Problem::inside(&error))?;
    let windows = desk.ledger.uncertain_windows().await.map_err(|error| Problem::inside(&error))?;
    let found = desk.incidents.incident(scope.clone()).await;
    let incident = found.map_err(|error| Problem::inside(&error))?;
    let touched = windows.into_iter().filter(|window| {
        scope.path.is_none_or(|path| path == window.path)
            && window.until >= scope.range.start
            && window.from < scope.range.end
    });
    let uncertain = touched.map(|window| Uncertain {
        path: window.path.name(),
        from_ms: window.from,
        until_ms: window.until,
    });
    Ok(Json(scoped(&scope, &incident, uncertain.collect())))
}

/// Who it was about: one line of JSON for each key, by its keyed hash. Only where the configuration allows it.
pub(crate) async fn people(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    desk.require(&headers, Scope::Operator)?;
    if !desk.export_people {
        let detail = "`ledger.export_people` of the configuration does not allow this";
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    let scope = scope(&desk, body::json(body).await?).await?;
    desk.ledger.flush().await.map_err(|error| Problem::inside(&error))?;
    let people = desk.incidents.incident_people(scope).await;
    let (people, unread) = people.map_err(|error| Problem::inside(&error))?;
    tracing::warn!(people = people.len(), "the people of an incident were exported");
    let pieces: Vec<Vec<SubjectKey>> =
        people.chunks(PEOPLE_PIECE).map(<[SubjectKey]>::to_vec).collect();
    let lines = pieces.into_iter().map(|piece| lines(&piece)).chain(unread_line(&unread));
    let lines = lines.map(Ok::<Bytes, Infallible>);
    let headers =
        [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((headers, Body::from_stream(stream::iter(lines))).into_response())
}

/// Says last that people are missing, where some may be.
fn unread_line(unread: &[RangeInclusive<u64>]) -> Option<Bytes> {
    let line =
        || format!("{}\n", serde_json::json!({ "unread_outlines": firsts_and_lasts(unread) }));
    (!unread.is_empty()).then(|| line().into())
}

fn firsts_and_lasts(unread: &[RangeInclusive<u64>]) -> Vec<[u64; 2]> {
    unread.iter().map(|packs| [*packs.start(), *packs.end()]).collect()
}

fn lines(people: &[SubjectKey]) -> Bytes {
    let mut text = String::new();
    for SubjectKey { kind, hash } in people {
        // Writing to a string cannot fail.
        let _written = writeln!(text, "{{\"kind\":\"{}\",\"key\":\"{hash:032x}\"}}", kind.name());
    }
    text.into()
}

async fn scope(desk: &Desk, question: Question) -> Result<IncidentScope, Problem> {
    let path = question.path.as_deref().map(path).transpose()?;
    let edition = match question.edition {
        Some(name) => {
            let all = desk.editions.list().await.map_err(|error| Problem::inside(&error))?;
            Some(edition(&all, &name)?)
        }
        None => None,
    };
    if let Some(partnership) = &question.partnership {
        let is_it = |one: &Partnership| one.terms.id == *partnership;
        let (found, unread) = partnerships_ever(desk, is_it).await?;
        // Why: what does not read may have listed it, and the record is asked by its id.
        if found.is_empty() && unread.is_empty() {
            return Err(Problem::field("partnership", "there never was such a partnership"));
        }
    }
    let mut partnerships: Vec<PartnershipId> = question.partnership.into_iter().collect();
    if let Some(partner) = &question.partner {
        let of_partner = partnerships_of(desk, partner).await?;
        if partnerships.is_empty() {
            partnerships = of_partner;
        } else if !partnerships.iter().all(|one| of_partner.contains(one)) {
            return Err(Problem::field("partnership", "not one of this partner's"));
        }
    }
    if let Some(program) = &question.program {
        let known = desk.incidents.programs().await.map_err(|error| Problem::inside(&error))?;
        if !known.contains(program) {
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            let detail = format!("no version of that name recorded anything; these did: {known}");
            return Err(Problem::field("program", detail));
        }
    }
    let from = question.from_ms.unwrap_or(UnixMillis(0));
    // One past now, so that what left in this very millisecond is in.
    let to = question.to_ms.unwrap_or(UnixMillis(desk.clock.now().0.saturating_add(1)));
    if to < from {
        return Err(Problem::field("to_ms", "earlier than `from_ms`"));
    }
    Ok(IncidentScope { path, partnerships, edition, program: question.program, range: from..to })
}

fn path(name: &str) -> Result<Path, Problem> {
    let names = || Path::ALL.map(Path::name).join(", ");
    Path::from_name(name).ok_or_else(|| Problem::field("path", format!("not one of {}", names())))
}

/// Returns the one edition of that name. A text of digits alone can be a number, and the beginning of a hash.
fn edition(all: &[EditionSummary], name: &EditionName) -> Result<EditionHash, Problem> {
    let (number, hash) = match name {
        EditionName::Number(number) => (Some(*number), None),
        EditionName::Text(text) => {
            let is_of = |is_digit: fn(&u8) -> bool| text.bytes().all(|one| is_digit(&one));
            let number = text.parse().ok().filter(|_| is_of(u8::is_ascii_digit));
            let is_hash = (HASH_DIGITS..=64).contains(&text.len()) && is_of(u8::is_ascii_hexdigit);
            (number, is_hash.then(|| text.to_ascii_lowercase()))
        }
    };
    if number.is_none() && hash.is_none() {
        return Err(Problem::field("edition", NO_EDITION));
    }
    let is_it = |one: &&EditionSummary| {
        let begins = |hash: &String| one.hash.to_string().starts_with(hash.as_str());
        number == Some(one.number) || hash.as_ref().is_some_and(begins)
    };
    let found: BTreeSet<[u8; 32]> = all.iter().filter(is_it).map(|one| one.hash.0).collect();
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Err(Problem::field("edition", "there is no such edition")),
        (Some(hash), None) => Ok(EditionHash(hash)),
        (Some(_), Some(_)) => Err(Problem::field("edition", SEVERAL_EDITIONS)),
    }
}

/// Returns all partnerships that a partner ever had.
async fn partnerships_of(desk: &Desk, partner: &str) -> Result<Vec<PartnershipId>, Problem> {
    let (found, unread) = partnerships_ever(desk, |one| one.partner.id == partner).await?;
    // Why: a scope that lacks a partnership without a word is worse than none.
    if let Some(number) = unread.first() {
        let detail =
            format!("edition {number} does not read, and may list more: ask by partnership");
        return Err(Problem::new(Kind::Unavailable, detail));
    }
    if found.is_empty() {
        return Err(Problem::field("partner", "there never was such a partner"));
    }
    Ok(found.into_iter().collect())
}

/// Returns those partnerships of all editions that read, and the numbers of the others.
async fn partnerships_ever(
    desk: &Desk,
    is_one: impl Fn(&Partnership) -> bool,
) -> Result<(BTreeSet<PartnershipId>, Vec<u32>), Problem> {
    let all = desk.editions.list().await.map_err(|error| Problem::inside(&error))?;
    let (mut found, mut unread) = (BTreeSet::new(), Vec::new());
    for one in all {
        let edition = match desk.editions.get(one.number).await {
            Err(EditionStoreError::Corrupt(number)) => {
                unread.push(number);
                continue;
            }
            edition => edition.map_err(|error| Problem::inside(&error))?,
        };
        let partnerships = edition.iter().flat_map(Edition::partnerships);
        found.extend(partnerships.filter(|one| is_one(one)).map(|one| one.terms.id.clone()));
    }
    Ok((found, unread))
}

fn scoped(scope: &IncidentScope, incident: &Incident, uncertain: Vec<Uncertain>) -> Scoped {
    let mut all = KindTally::NONE;
    let mut parts: BTreeMap<PartnershipId, (KindTally, PartnershipPart, Categories)> =
        BTreeMap::new();
    for one in &incident.kinds {
        let kind = &one.kind;
        all.add(&one.tally);
        let (tally, part, categories) = parts
            .entry(kind.partnership.clone())
            .or_insert_with(|| (KindTally::NONE, empty(&kind.partnership), Categories::NONE));
        tally.add(&one.tally);
        *categories = categories.or(kind.categories);
        part.paths.insert(kind.path.name());
        part.editions.insert(kind.edition.to_string());
        part.programs.insert(kind.program.as_ref().to_owned());
        part.fields.extend(kind.fields.0.iter().map(ToString::to_string));
    }
    let parts = parts.into_values().map(|(tally, mut part, categories)| {
        part.counts = tally.into();
        part.categories = categories.iter().map(Category::name).collect();
        part
    });
    Scoped {
        from_ms: scope.range.start,
        to_ms: scope.range.end,
        people: PeopleCount {
            accounts: incident.people.accounts,
            devices: incident.people.devices,
            browsers: incident.people.browsers,
        },
        all: all.into(),
        partnerships: parts.collect(),
        uncertain_windows: uncertain,
        unread_outlines: firsts_and_lasts(&incident.unread),
    }
}

fn empty(partnership: &PartnershipId) -> PartnershipPart {
    PartnershipPart {
        partnership: partnership.clone(),
        counts: KindTally::NONE.into(),
        paths: BTreeSet::new(),
        editions: BTreeSet::new(),
        programs: BTreeSet::new(),
        categories: Vec::new(),
        fields: BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outlines_that_do_not_read_are_in_the_answer_and_end_the_list_of_people() {
        let scope = IncidentScope {
            path: None,
            partnerships: Vec::new(),
            edition: None,
            program: None,
            range: UnixMillis(0)..UnixMillis(9),
        };
        let answer = |unread| {
            let incident = Incident { unread, ..Incident::default() };
            serde_json::to_value(scoped(&scope, &incident, Vec::new())).unwrap()
        };
        assert_eq!(answer(Vec::new()).get("unread_outlines"), None);
        let unread = vec![3..=3, 7..=9];
        assert_eq!(unread_line(&unread).unwrap(), "{\"unread_outlines\":[[3,3],[7,9]]}\n");
        assert_eq!(answer(unread)["unread_outlines"], serde_json::json!([[3, 3], [7, 9]]));
        assert_eq!(unread_line(&[]), None);
    }

    #[test]
    fn digits_alone_name_an_edition_by_its_number_or_by_the_beginning_of_its_hash() {
        let of = |number, begin: [u8; 5]| {
            let mut hash = [0xee; 32];
            hash[..5].copy_from_slice(&begin);
            EditionSummary { number, published_at: UnixMillis(0), hash: EditionHash(hash) }
        };
        let all = [
            of(1, [0x12, 0x34, 0x56, 0x78, 0x91]),
            of(2, [0x12, 0x34, 0x56, 0x78, 0x92]),
            of(3, [0x87, 0x65, 0x43, 0x21, 0x00]),
            of(87_654_321, [0xab; 5]),
        ];
        let named = |name: &str| edition(&all, &EditionName::Text(name.to_owned())).ok();
        let hash = |place: usize| Some(all[place].hash);
        assert_eq!((named("1"), named("123456789"), named("876543210")), (hash(0), None, hash(2)));
        assert_eq!(
            (named("1234567891"), named("1234567892"), named("ABABABAB")),
            (hash(0), hash(1), hash(3))
        );
        assert_eq!(
            (named("7"), named("00000000"), named("abababa"), named("+1"), named("")),
            (None, None, None, None, None)
        );
        for several in ["12345678", "87654321"] {
            let refused = edition(&all, &EditionName::Text(several.to_owned())).unwrap_err();
            assert!(format!("{refused:?}").contains("more digits say which"), "{refused:?}");
        }
        assert_eq!(edition(&all, &EditionName::Number(87_654_321)).ok(), hash(3));
    }
}
