//! The contract of [`IncidentStore`], run against a fresh, empty store.

use crate::{
    Fields, Incident, IncidentKind, IncidentScope, IncidentStore, KeyId, KeyRow, Kind, KindTally,
    LedgerBatch, LedgerStore, LedgerStoreError, OutlineRow, People, Someone,
};
use sluicegate_gate::{
    Categories, Category, EditionHash, KeyKind, Path, SubjectKey, time::UnixMillis,
};
use std::sync::Arc;

const ACCOUNT: SubjectKey = SubjectKey { kind: KeyKind::Account, hash: 1 };
const BROWSER: SubjectKey = SubjectKey { kind: KeyKind::Browser, hash: 2 };

/// Panics where the store breaks its contract; fails where it fails.
pub async fn check<S: LedgerStore + IncidentStore>(store: &S) -> Result<(), LedgerStoreError> {
    let kinds = [kind("east", Path::BidRequest), kind("west", Path::Exposures)].concat();
    let [bids, other] = kinds.as_slice() else { return Ok(()) };
    let key = |subject, id| KeyRow { subject, id: KeyId(id), wrapped: vec![1] };
    let (one, two) = (Someone::new(ACCOUNT.kind, KeyId(70)), Someone::new(BROWSER.kind, KeyId(71)));
    let batches = [
        (vec![key(ACCOUNT, 70)], vec![row(1_000, bids, &[one]), row(1_000, other, &[one])]),
        (vec![key(BROWSER, 71)], vec![row(2_000, bids, &[one, two]), row(2_001, bids, &[])]),
    ];
    for (keys, outlines) in batches {
        store.append(LedgerBatch { keys, outlines, ..LedgerBatch::default() }).await?;
    }
    everything_is_counted_by_kind(store, bids, other).await?;
    a_scope_narrows_by_every_part(store, bids, other).await?;
    the_erased_count_and_are_not_named(store, bids).await
}

async fn everything_is_counted_by_kind(
    store: &dyn IncidentStore,
    bids: &Arc<Kind>,
    other: &Arc<Kind>,
) -> Result<(), LedgerStoreError> {
    let whole = store.incident(everything()).await?;
    let seen: Vec<_> = whole.kinds.iter().map(|one| (&one.kind, one.tally.messages)).collect();
    assert_eq!(seen, [(bids, 3), (other, 1)], "each kind, with its fields");
    assert_eq!(whole.people, People { accounts: 1, devices: 0, browsers: 1 }, "each once");
    Ok(())
}

async fn a_scope_narrows_by_every_part(
    store: &dyn IncidentStore,
    bids: &Arc<Kind>,
    other: &Arc<Kind>,
) -> Result<(), LedgerStoreError> {
    let narrow = narrow(bids);
    let found = store.incident(narrow.clone()).await?;
    let at = UnixMillis(2_000);
    let tally = KindTally { messages: 1, disclosures: 1, first: at, last: at };
    let only = IncidentKind { kind: Arc::clone(bids), tally };
    assert_eq!(found.kinds, [only], "the end is outside");
    for nothing in [
        IncidentScope { path: Some(Path::Touches), ..narrow.clone() },
        IncidentScope { partnerships: vec![other.partnership.clone()], ..narrow.clone() },
        IncidentScope { edition: Some(EditionHash([6; 32])), ..narrow.clone() },
        IncidentScope { program: Some(String::from("1.2")), ..narrow.clone() },
        IncidentScope { range: UnixMillis(2_002)..UnixMillis(9_000), ..narrow.clone() },
    ] {
        assert_eq!(store.incident(nothing.clone()).await?, Incident::default(), "{nothing:?}");
        assert_eq!(store.incident_people(nothing).await?.0, [], "nobody");
    }
    Ok(())
}

async fn the_erased_count_and_are_not_named<S: LedgerStore + IncidentStore>(
    store: &S,
    bids: &Kind,
) -> Result<(), LedgerStoreError> {
    let narrow = narrow(bids);
    let before = store.incident(narrow.clone()).await?;
    assert_eq!(store.incident_people(narrow.clone()).await?.0, [ACCOUNT, BROWSER], "ascending");
    store.erase(ACCOUNT).await?;
    assert_eq!(
        store.incident_people(narrow.clone()).await?.0,
        [BROWSER],
        "nothing joins the erased"
    );
    assert_eq!(store.incident(narrow).await?, before, "and they still count");
    Ok(())
}

fn everything() -> IncidentScope {
    IncidentScope {
        path: None,
        partnerships: Vec::new(),
        edition: None,
        program: None,
        range: UnixMillis(0)..UnixMillis(9_000),
    }
}

fn narrow(kind: &Kind) -> IncidentScope {
    IncidentScope {
        path: Some(kind.path),
        partnerships: vec![kind.partnership.clone()],
        edition: Some(kind.edition),
        program: Some(String::from("1.2.3")),
        range: UnixMillis(2_000)..UnixMillis(2_001),
    }
}

/// At most one: the name is one.
fn kind(partnership: &str, path: Path) -> Vec<Arc<Kind>> {
    let kind = |partnership| {
        Arc::new(Kind {
            path,
            partnership,
            edition: EditionHash([5; 32]),
            program: "1.2.3".into(),
            categories: Categories::of(&[Category::Context]),
            fields: Fields(["device.ifa".into(), "site.domain".into()].into()),
        })
    };
    partnership.parse().map(kind).into_iter().collect()
}

fn row(at: i64, kind: &Arc<Kind>, people: &[Someone]) -> OutlineRow {
    let kind = Arc::clone(kind);
    OutlineRow { at: UnixMillis(at), kind, disclosures: 1, people: people.to_vec() }
}
