//! Paths as the standard writes them, and an edge that is the tree.

use super::*;
use proptest::prelude::*;

#[test]
fn paths_are_the_standard_s() {
    let table = [
        (Series::Level(0), 0, 256, "tile/0/000"),
        (Series::Level(1), 999, 7, "tile/1/999.p/7"),
        (Series::Entries, 1_234_067, 256, "tile/entries/x001/x234/067"),
        (Series::Entries, 1_000, 1, "tile/entries/x001/000.p/1"),
    ];
    for (series, number, width, expected) in table {
        let file = TilePath { series, number, width };
        assert_eq!(file.to_string(), expected);
        assert_eq!(read_path(expected.strip_prefix("tile/").unwrap()), Some(file));
    }
    let odd = [
        "0/0",
        "0/0000",
        "0/x000/001",
        "0/001.p/0",
        "0/001.p/256",
        "0/001.p/01",
        "a/000",
        "64/000",
        "0/x001/x002",
        "",
    ];
    for path in odd {
        assert_eq!(read_path(path), None, "{path}");
    }
}

#[test]
fn a_bundle_reads_back_and_a_cut_one_does_not() {
    let entries: [&[u8]; 3] = [b"one", b"", b"three"];
    let bytes = bundle(entries.into_iter()).unwrap();
    assert_eq!(read_bundle(&bytes).unwrap(), entries);
    assert_eq!(read_bundle(&bytes[..bytes.len() - 1]), None);
    assert_eq!(bundle([vec![0; 65_536].as_slice()].into_iter()), None);
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|number| tree::leaf_hash(&number.to_be_bytes())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_edge_has_the_root_of_the_tree_whenever_it_is_taken_up_again(size in 0_usize..1_400, cut in any::<prop::sample::Index>()) {
        let leaves = leaves(size);
        let (mut edge, mut grown) = (Edge::default(), Vec::new());
        for (count, leaf) in (0..).zip(&leaves) {
            if count == cut.index(size) {
                edge = Edge::resume(edge.size, edge.levels).unwrap();
            }
            edge.push(*leaf, &mut grown);
        }
        prop_assert_eq!(edge.root(), tree::root(&leaves));
        // What grew, last of all, is every file of the log.
        let mut written: Vec<_> = grown
            .iter()
            .map(|(level, number, hashes)| TilePath { series: Series::Level(*level), number: *number, width: hashes.len() })
            .collect();
        written.sort_by_key(|file| (file.to_string().len(), file.to_string()));
        let mut expected: Vec<_> = all(edge.size()).into_iter().filter(|file| file.series != Series::Entries).collect();
        expected.sort_by_key(|file| (file.to_string().len(), file.to_string()));
        prop_assert_eq!(written, expected);
    }
}

#[test]
fn an_edge_of_another_size_is_not_taken_up() {
    assert!(Edge::resume(2, vec![leaves(2)]).is_some());
    assert!(Edge::resume(3, vec![leaves(2)]).is_none());
    assert!(Edge::resume(256, vec![Vec::new()]).is_none(), "a level is missing");
    assert!(Edge::resume(256, vec![Vec::new(), leaves(1)]).is_some());
}
