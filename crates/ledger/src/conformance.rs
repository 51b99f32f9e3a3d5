//! The contract of [`LedgerStore`], run against a fresh, empty store.

pub mod incidents;

use crate::{
    Day, Fields, Head, KeyId, KeyRow, Kind, LedgerBatch, LedgerStore, LedgerStoreError, Met,
    MetUntil, NewLeaves, NotedRow, OutlineRow, PROGRAM, PackRow, Slip, SlipsRow, ToldRow, TotalRow,
    UncertainWindow, WindowRow, WithheldRow, WithheldTotal,
};
use sluicegate_gate::{
    Categories, Category, EditionHash, KeyKind, PartnershipId, Path, Reason, SubjectKey,
    time::UnixMillis,
};
use std::sync::Arc;

/// Panics where the store breaks its contract; fails where it fails.
pub async fn check(store: &dyn LedgerStore) -> Result<(), LedgerStoreError> {
    keys_are_kept_until_erased(store).await?;
    who_was_met_is_kept_until_either_is_erased(store).await?;
    equal_sets_of_values_merge(store).await?;
    what_was_told_on_a_day_is_found_by_ranges_of_keys(store).await?;
    withheld_and_totals_add_up(store).await?;
    slips_add_up(store).await?;
    the_number_of_the_last_notes_is_kept(store).await?;
    windows_are_closed_or_declared(store).await?;
    packs_are_kept_as_they_came(store).await?;
    the_times_of_packs_are_noted(store).await?;
    a_marked_batch_takes_the_next_number(store).await?;
    large_batches_are_kept_whole(store).await
}

#[expect(clippy::cognitive_complexity, reason = "one story, told in order")]
async fn keys_are_kept_until_erased(store: &dyn LedgerStore) -> Result<(), LedgerStoreError> {
    let (account, device) = (subject(KeyKind::Account, 1), subject(KeyKind::Device, 1));
    let row = |subject, id| KeyRow { subject, id: KeyId(id), wrapped: vec![7, 8, 9] };
    let keys = vec![row(account, u64::MAX), row(device, 2)];
    store.append(LedgerBatch { keys, ..LedgerBatch::default() }).await?;
    let unknown = subject(KeyKind::Browser, 1);
    let mut found = store.keys(vec![account, unknown, device]).await?;
    found.sort_by_key(|row| row.subject);
    assert_eq!(found, [row(account, u64::MAX), row(device, 2)], "keys of those who have one");
    let owners = store.owners(vec![KeyId(2), KeyId(77)]).await?;
    assert_eq!(owners, [row(device, 2)], "whose they are");
    let withheld = vec![withheld_row(account, 3), withheld_row(device, 3)];
    store.append(LedgerBatch { withheld, ..LedgerBatch::default() }).await?;
    let erased = vec![KeyId(u64::MAX)];
    store.append(LedgerBatch { erased, ..LedgerBatch::default() }).await?;
    store.erase(account).await?;
    store.erase(account).await?;
    assert_eq!(store.owners(vec![KeyId(u64::MAX)]).await?, [], "nobody's any more");
    assert_eq!(store.withheld(account, Day(3)..=Day(3)).await?, [], "nor is what was withheld");
    let others = store.withheld(device, Day(3)..=Day(3)).await?;
    assert_eq!(others, [withheld_row(device, 3)], "others are as they were");
    assert_eq!(store.keys(vec![account, device]).await?, [row(device, 2)], "erased means gone");
    let keys = vec![row(account, 3)];
    store.append(LedgerBatch { keys, ..LedgerBatch::default() }).await?;
    assert_eq!(store.keys(vec![account]).await?, [row(account, 3)], "a new key after erasure");
    assert_eq!(store.keys(Vec::new()).await?, [], "nobody has no keys");
    Ok(())
}

#[expect(clippy::cognitive_complexity, reason = "one story, told in order")]
async fn who_was_met_is_kept_until_either_is_erased(
    store: &dyn LedgerStore,
) -> Result<(), LedgerStoreError> {
    let account = |number| subject(KeyKind::Account, number);
    let (device, browser) = (subject(KeyKind::Device, 70), subject(KeyKind::Browser, 70));
    let row = |subject, id| KeyRow { subject, id: KeyId(id), wrapped: vec![1] };
    let keys = vec![row(account(70), 70), row(account(71), 71)];
    store.append(LedgerBatch { keys, ..LedgerBatch::default() }).await?;
    assert_eq!(store.met_until().await?, None, "never read");
    let until = |pack| MetUntil { pack, digest: [9; 32] };
    let pairs = [70, 71, 72].map(|id| (device, KeyId(id))).to_vec();
    store.meet(Met { pairs, until: until(3) }).await?;
    let pairs = vec![(browser, KeyId(71)), (device, KeyId(71))];
    store.meet(Met { pairs, until: until(u64::MAX) }).await?;
    assert_eq!(store.met_until().await?, Some(until(u64::MAX)), "the latest");
    let both = store.met(vec![device, browser, account(70)]).await?;
    let pairs = [(device, KeyId(70)), (device, KeyId(71)), (browser, KeyId(71))];
    assert_eq!(both, pairs, "each once, and none that has no key");
    assert_eq!(store.met(vec![browser]).await?, [(browser, KeyId(71))]);
    assert_eq!(store.met(Vec::new()).await?, [], "nobody met nobody");
    store.erase(account(70)).await?;
    assert_eq!(store.met(vec![device]).await?, [(device, KeyId(71))], "with the account");
    store.erase(device).await?;
    assert_eq!(store.met(vec![device]).await?, [], "with the device, that has no key");
    assert_eq!(store.met(vec![browser]).await?, [(browser, KeyId(71))], "others are as they were");
    store.erase(account(71)).await
}

async fn equal_sets_of_values_merge(store: &dyn LedgerStore) -> Result<(), LedgerStoreError> {
    let key = KeyId(40);
    let told = |first: i64, last: i64, count, digest, sealed: u8| ToldRow {
        first: UnixMillis(first),
        last: UnixMillis(last),
        count,
        sealed: Some(vec![sealed]),
        digest: [digest; 16],
        edition: EditionHash([sealed; 32]),
        ..told_row(key)
    };
    let batch = |told| LedgerBatch { told, ..LedgerBatch::default() };
    store.append(batch(vec![told(20, 30, 2, 1, 1), told(25, 25, 1, 2, 2)])).await?;
    store.append(batch(vec![told(10, 40, 3, 1, 3)])).await?;
    let mut rows = store.told(key, UnixMillis(0)..UnixMillis(100)).await?;
    rows.sort_by_key(|row| row.digest);
    let merged = ToldRow { edition: EditionHash([3; 32]), ..told(10, 40, 5, 1, 1) };
    assert_eq!(rows, [merged.clone(), told(25, 25, 1, 2, 2)], "merged, first sealed values kept");
    let at = |from, until| store.told(key, UnixMillis(from)..UnixMillis(until));
    assert_eq!(at(40, 41).await?, std::slice::from_ref(&merged), "the last time is inside");
    assert_eq!(at(41, 99).await?, [], "after the last time is outside");
    assert_eq!(at(0, 10).await?, [], "the end of a range is outside");
    assert_eq!(at(0, 11).await?, [merged], "the first time is inside");
    let other = store.told(KeyId(41), UnixMillis(0)..UnixMillis(100)).await?;
    assert_eq!(other, [], "others are apart");
    Ok(())
}

async fn what_was_told_on_a_day_is_found_by_ranges_of_keys(
    store: &dyn LedgerStore,
) -> Result<(), LedgerStoreError> {
    let row = |key, day| ToldRow { day: Day(day), ..told_row(KeyId(key)) };
    let keys = [1 << 62, (1 << 62) + 7, 1 << 63, u64::MAX];
    let told = keys.into_iter().map(|key| row(key, 9_000)).chain([row(1 << 62, 9_001)]).collect();
    store.append(LedgerBatch { told, ..LedgerBatch::default() }).await?;
    for (first, last) in [(0, u64::MAX), ((1 << 62) + 1, u64::MAX - 1), (8, 9), (1 << 63, u64::MAX)]
    {
        let mut found = store.told_on(Day(9_000), KeyId(first)..=KeyId(last)).await?.rows;
        found.sort_by_key(|row| row.key);
        let inside = keys.into_iter().filter(|key| (first..=last).contains(key));
        let right = inside.map(|key| ToldRow { sealed: None, ..row(key, 9_000) });
        assert_eq!(found, right.collect::<Vec<_>>(), "of that day, without values");
    }
    Ok(())
}

async fn withheld_and_totals_add_up(store: &dyn LedgerStore) -> Result<(), LedgerStoreError> {
    let device = subject(KeyKind::Device, 50);
    let reasons = [Reason::Gpc, Reason::SharingOff(KeyKind::Device)];
    let row = |day, reason, count| WithheldRow {
        subject: device,
        partnership: partnership(),
        day: Day(day),
        reason,
        count,
    };
    let total = |reason, count| WithheldTotal {
        partnership: partnership(),
        day: Day(5),
        path: Path::BidRequest,
        reason,
        count,
    };
    let counts = |messages, disclosures, withheld| TotalRow {
        partnership: partnership(),
        day: Day(5),
        path: Path::BidRequest,
        messages,
        disclosures,
        withheld,
    };
    for _ in 0..2 {
        let batch = LedgerBatch {
            withheld: reasons.map(|reason| row(5, reason, 2)).to_vec(),
            withheld_totals: reasons.map(|reason| total(reason, 3)).to_vec(),
            totals: vec![counts(1, 2, 3), counts(1, 0, 0)],
            ..LedgerBatch::default()
        };
        store.append(batch).await?;
    }
    let batch = LedgerBatch { withheld: vec![row(6, Reason::Gpc, 1)], ..LedgerBatch::default() };
    store.append(batch).await?;
    let expected = reasons.map(|reason| row(5, reason, 4));
    assert_eq!(store.withheld(device, Day(5)..=Day(5)).await?, expected, "by reason code");
    assert_eq!(store.withheld(device, Day(4)..=Day(6)).await?.len(), 3, "both days are inside");
    assert_eq!(store.withheld(device, Day(7)..=Day(9)).await?, [], "outside the days");
    let totals = store.totals(Day(5)..=Day(5)).await?;
    assert_eq!(totals.withheld, reasons.map(|reason| total(reason, 6)), "by reason code");
    assert_eq!(totals.counts, [counts(4, 4, 6)], "added up");
    assert_eq!(store.totals(Day(6)..=Day(9)).await?.counts, [], "outside the days");
    Ok(())
}

/// What is on slips is counted like the rest, once for each, and what is on none is not.
async fn slips_add_up(store: &dyn LedgerStore) -> Result<(), LedgerStoreError> {
    let (subject, day, path) = (subject(KeyKind::Browser, 51), Day(30), Path::Touches);
    let reasons = vec![Reason::Gpc, Reason::SharingOff(KeyKind::Browser)];
    let slip = Slip { keys: vec![subject], reasons };
    for slips in [vec![None], vec![None, Some(slip.clone()), None, Some(slip)]] {
        let slips = vec![SlipsRow { partnership: partnership(), day, path, slips }];
        store.append(LedgerBatch { slips, ..LedgerBatch::default() }).await?;
    }
    let withheld = store.withheld(subject, day..=day).await?;
    let withheld: Vec<_> = withheld.into_iter().map(|row| (row.reason, row.count)).collect();
    assert_eq!(
        withheld,
        [(Reason::Gpc, 2), (Reason::SharingOff(KeyKind::Browser), 2)],
        "of the person"
    );
    let totals = store.totals(day..=day).await?;
    let of_reasons: Vec<_> = totals.withheld.iter().map(|row| (row.reason, row.count)).collect();
    assert_eq!(
        of_reasons,
        [(Reason::Gpc, 2), (Reason::SharingOff(KeyKind::Browser), 2)],
        "of everybody"
    );
    let counts: Vec<_> = totals.counts.iter().map(|row| (row.path, row.withheld)).collect();
    assert_eq!(counts, [(path, 2)], "opportunities");
    Ok(())
}

async fn the_number_of_the_last_notes_is_kept(
    store: &dyn LedgerStore,
) -> Result<(), LedgerStoreError> {
    assert_eq!(store.noted(partnership()).await?, 0, "before any");
    for number in [1, u64::try_from(i64::MAX).unwrap_or_default()] {
        let noted = vec![NotedRow { partnership: partnership(), number }];
        store.append(LedgerBatch { noted, ..LedgerBatch::default() }).await?;
        assert_eq!(store.noted(partnership()).await?, number, "the last");
    }
    Ok(())
}

async fn windows_are_closed_or_declared(store: &dyn LedgerStore) -> Result<(), LedgerStoreError> {
    let window = |id, from| WindowRow {
        id,
        path: Path::BidRequest,
        from: UnixMillis(from),
        until: UnixMillis(from + 50),
    };
    let declared = |from| UncertainWindow {
        path: Path::BidRequest,
        from: UnixMillis(from),
        until: UnixMillis(from + 50),
    };
    let reserved = vec![window(1, 100), window(2, 300), window(u128::MAX, 200)];
    store.append(LedgerBatch { reserved, ..LedgerBatch::default() }).await?;
    assert_eq!(store.uncertain_windows().await?, [], "an open window is not uncertain yet");
    let batch = LedgerBatch { closed: vec![1, 99], uncertain: vec![2], ..LedgerBatch::default() };
    store.append(batch).await?;
    assert_eq!(store.uncertain_windows().await?, [declared(300)], "declared by a batch");
    assert_eq!(
        store.open_windows().await?,
        [window(u128::MAX, 200)],
        "neither closed nor declared"
    );
    let batch = LedgerBatch { uncertain: vec![u128::MAX], ..LedgerBatch::default() };
    store.append(batch.clone()).await?;
    store.append(batch).await?;
    assert_eq!(store.open_windows().await?, []);
    let all = [declared(200), declared(300)];
    assert_eq!(store.uncertain_windows().await?, all, "what was open is declared once");
    Ok(())
}

#[expect(clippy::cognitive_complexity, reason = "one story, told in order")]
async fn packs_are_kept_as_they_came(store: &dyn LedgerStore) -> Result<(), LedgerStoreError> {
    assert_eq!(store.packs(0, 10).await?, [], "nothing was told yet");
    let leaves = |messages, leaves: &[u8]| LedgerBatch {
        leaves: Some(NewLeaves { messages, leaves: leaves.to_vec() }),
        ..LedgerBatch::default()
    };
    store.append(leaves(7, &[1, 2, 3])).await?;
    store.append(LedgerBatch { closed: vec![99], ..LedgerBatch::default() }).await?;
    store.append(leaves(0, &[4])).await?;
    store.append(leaves(1, &[1, 2, 3])).await?;
    let packs = store.packs(0, 10).await?;
    let [one, other, last] = packs.as_slice() else {
        unreachable!("three packs, not {}", packs.len())
    };
    assert_eq!((one.first, one.leaves.as_slice()), (0, &[1, 2, 3][..]));
    assert_eq!((other.first, other.leaves.as_slice()), (7, &[4][..]));
    assert_eq!((last.first, last.leaves.as_slice()), (7, &[1, 2, 3][..]), "in order");
    let only = |pack: &PackRow| std::slice::from_ref(pack).to_vec();
    assert_eq!(store.packs(one.pack, 1).await?, only(one));
    assert_eq!(store.packs(last.pack, 9).await?, only(last));
    assert_eq!(store.packs(last.pack + 1, 9).await?, []);
    Ok(())
}

async fn the_times_of_packs_are_noted(store: &dyn LedgerStore) -> Result<(), LedgerStoreError> {
    let ToldRow { partnership, path, categories, edition, .. } = told_row(KeyId(1));
    let (program, fields) = (PROGRAM.into(), Fields::default());
    let kind = Arc::new(Kind { path, partnership, edition, program, categories, fields });
    let outline = |at| OutlineRow {
        at: UnixMillis(at),
        kind: Arc::clone(&kind),
        disclosures: 0,
        people: Vec::new(),
    };
    let batch = |times: &[i64]| LedgerBatch {
        leaves: Some(NewLeaves { messages: 1, leaves: vec![1] }),
        outlines: times.iter().copied().map(outline).collect(),
        ..LedgerBatch::default()
    };
    let after = |pack: u64, since| async move {
        let noted = store.pack_times(UnixMillis(since)).await?;
        let later = noted.into_iter().filter(|noted| *noted.packs.start() > pack);
        Ok::<_, LedgerStoreError>(later.map(|noted| (noted.packs, noted.times)).collect::<Vec<_>>())
    };
    let last = store.head().await?.commit;
    store.append(batch(&[900, 700, 800])).await?;
    store.append(batch(&[])).await?;
    store.append(batch(&[600])).await?;
    let at = |from, until| UnixMillis(from)..=UnixMillis(until);
    let (first, third) = (last + 1..=last + 1, last + 3..=last + 3);
    assert_eq!(after(last, 600).await?, [(first.clone(), at(700, 900)), (third, at(600, 600))]);
    assert_eq!(after(last, 601).await?, [(first, at(700, 900))], "the others are before");
    assert_eq!(after(last, 901).await?, [], "all are before");
    Ok(())
}

async fn a_marked_batch_takes_the_next_number(
    store: &dyn LedgerStore,
) -> Result<(), LedgerStoreError> {
    let before = store.head().await?.commit;
    let mark = Some([7; 16]);
    store.append(LedgerBatch { closed: vec![98], mark, ..LedgerBatch::default() }).await?;
    assert_eq!(store.head().await?, Head { commit: before + 1, mark });
    let leaves = Some(NewLeaves { messages: 0, leaves: vec![9] });
    let mark = Some([8; 16]);
    store.append(LedgerBatch { leaves, mark, ..LedgerBatch::default() }).await?;
    let head = store.head().await?;
    assert_eq!(head, Head { commit: before + 2, mark });
    let packs = store.packs(head.commit, 9).await?;
    assert_eq!(packs.iter().map(|pack| pack.pack).collect::<Vec<_>>(), [head.commit]);
    Ok(())
}

async fn large_batches_are_kept_whole(store: &dyn LedgerStore) -> Result<(), LedgerStoreError> {
    const ROWS: u32 = 1500;
    let told = |number: u32| ToldRow { count: 1, ..told_row(KeyId(number.into())) };
    let key = |number: u32| KeyRow {
        subject: subject(KeyKind::Account, u128::from(number) + 10_000),
        id: KeyId(u64::from(number) + 10_000),
        wrapped: vec![1],
    };
    let batch = LedgerBatch {
        keys: (0..ROWS).map(key).collect(),
        leaves: Some(NewLeaves { messages: ROWS.into(), leaves: vec![9; 100_000] }),
        told: (0..ROWS).map(told).collect(),
        ..LedgerBatch::default()
    };
    store.append(batch).await?;
    let packs = store.packs(0, 100).await?;
    assert_eq!(packs.last().map(|pack| pack.leaves.len()), Some(100_000), "every leaf");
    let all = (0..ROWS).map(|number| key(number).subject).collect();
    let kept = store.keys(all).await?.len();
    assert_eq!(u32::try_from(kept).ok(), Some(ROWS), "every key");
    for number in [0, ROWS / 2, ROWS - 1] {
        let told = store.told(KeyId(number.into()), UnixMillis(0)..UnixMillis(1000)).await?;
        assert_eq!(told.len(), 1, "every set of values");
    }
    Ok(())
}

fn subject(kind: KeyKind, hash: u128) -> SubjectKey {
    SubjectKey { kind, hash }
}

fn partnership() -> PartnershipId {
    "north-bidding".parse().unwrap_or_else(|_| unreachable!("a valid name"))
}

fn withheld_row(subject: SubjectKey, day: i64) -> WithheldRow {
    let (partnership, reason) = (partnership(), Reason::Gpc);
    WithheldRow { subject, partnership, day: Day(day), reason, count: 2 }
}

fn told_row(key: KeyId) -> ToldRow {
    ToldRow {
        key,
        partnership: partnership(),
        day: Day(0),
        digest: [0; 16],
        path: Path::Exposures,
        categories: Categories::of(&[Category::Exposure]),
        edition: EditionHash([0; 32]),
        sealed: Some(vec![1, 2]),
        count: 1,
        first: UnixMillis(1),
        last: UnixMillis(1),
    }
}
