//! Merkle trees as RFC 6962, section 2.1, has them: hashes, roots, and both kinds of proof.
//!
//! Everything is over slices of leaf hashes: what is proved here is small enough to be in memory.

use sha2::{Digest, Sha256};
use std::ops::Range;

/// A hash of a leaf, a node or a tree.
pub type Hash = [u8; 32];

/// A proof does not prove what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not hold")]
pub struct ProofError;

/// Returns the hash of a leaf.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// Returns the hash of a node over two others.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Returns the root over leaves in order.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        [_, _, ..] => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// Returns the proof that the leaf of that index is under the root (section 2.1.1); none beyond the end.
pub fn inclusion(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut rest, mut index, mut path) = (leaves, index, Vec::new());
    while rest.len() > 1 {
        let middle = split(rest.len());
        let (left, right) = rest.split_at(middle);
        if index < middle {
            path.push(root(right));
            rest = left;
        } else {
            path.push(root(left));
            rest = right;
            index -= middle;
        }
    }
    path.reverse();
    Some(path)
}

/// Returns over which leaves the hashes of a proof of [`inclusion`] stand, in a tree of that size; none beyond
/// its end.
pub fn siblings(index: u64, size: u64) -> Vec<Range<u64>> {
    let (mut rest, mut path) = (0..size, Vec::new());
    while index < size && rest.end - rest.start > 1 {
        let middle = rest.start + (rest.end - rest.start).div_ceil(2).next_power_of_two();
        if index < middle {
            path.push(middle..rest.end);
            rest.end = middle;
        } else {
            path.push(rest.start..middle);
            rest.start = middle;
        }
    }
    path.reverse();
    path
}

/// Checks a proof of [`inclusion`] (RFC 9162, section 2.1.3.2).
pub fn check_inclusion(
    path: &[Hash],
    (index, size): (u64, u64),
    leaf: &Hash,
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError);
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for other in path {
        if last == 0 {
            return Err(ProofError);
        }
        if place % 2 == 1 || place == last {
            hash = node_hash(other, &hash);
            while place.is_multiple_of(2) && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, other);
        }
        place >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == *root { Ok(()) } else { Err(ProofError) }
}

/// Returns the proof that the first leaves are what they were (section 2.1.2); none beyond the end.
pub fn consistency(leaves: &[Hash], before: usize) -> Option<Vec<Hash>> {
    if before > leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    if before == 0 || before == leaves.len() {
        return Some(proof);
    }
    let (mut rest, mut before, mut is_whole) = (leaves, before, true);
    while before < rest.len() {
        let middle = split(rest.len());
        let (left, right) = rest.split_at(middle);
        if before <= middle {
            proof.push(root(right));
            rest = left;
        } else {
            proof.push(root(left));
            rest = right;
            before -= middle;
            is_whole = false;
        }
    }
    if !is_whole {
        proof.push(root(rest));
    }
    proof.reverse();
    Some(proof)
}

/// Checks a proof of [`consistency`] (RFC 9162, section 2.1.4.2).
pub fn check_consistency(
    proof: &[Hash],
    (before, old): (u64, &Hash),
    (after, new): (u64, &Hash),
) -> Result<(), ProofError> {
    let holds = |right: bool| if right { Ok(()) } else { Err(ProofError) };
    if before == 0 || before == after {
        return holds(proof.is_empty() && (before == 0 || old == new));
    }
    if before > after {
        return Err(ProofError);
    }
    let mut steps = proof.iter();
    let first = if before.is_power_of_two() { old } else { steps.next().ok_or(ProofError)? };
    let (mut place, mut last) = (before - 1, after - 1);
    while place % 2 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut as_old, mut as_new) = (*first, *first);
    for other in steps {
        if last == 0 {
            return Err(ProofError);
        }
        if place % 2 == 1 || place == last {
            as_old = node_hash(other, &as_old);
            as_new = node_hash(other, &as_new);
            while place.is_multiple_of(2) && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            as_new = node_hash(&as_new, other);
        }
        place >>= 1;
        last >>= 1;
    }
    holds(last == 0 && as_old == *old && as_new == *new)
}

/// Returns the largest power of two below a number of at least two.
fn split(count: usize) -> usize {
    count.div_ceil(2).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
    }

    #[test]
    fn a_tree_splits_at_the_largest_power_of_two_below_its_size() {
        let splits: Vec<_> = (2..=9).map(split).collect();
        assert_eq!(splits, [1, 2, 2, 4, 4, 4, 4, 8]);
    }

    #[test]
    fn the_empty_tree_and_a_leaf_hash_as_the_standard_says() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(root(&[])), empty);
        let leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(hex::encode(leaf_hash(b"")), leaf);
    }

    fn number(count: usize) -> u64 {
        u64::try_from(count).unwrap()
    }

    proptest! {
        #[test]
        fn every_leaf_is_proved_and_no_other_is(size in 1_usize..200, index in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
            let (leaves, index, other) = (leaves(size), index.index(size), other.index(size));
            let (root, path) = (root(&leaves), inclusion(&leaves, index).unwrap());
            let check = |place, leaf: &Hash| check_inclusion(&path, (place, number(size)), leaf, &root);
            prop_assert_eq!(check(number(index), &leaves[index]), Ok(()));
            if other != index {
                prop_assert_eq!(check(number(index), &leaves[other]), Err(ProofError));
                prop_assert_eq!(check(number(other), &leaves[index]), Err(ProofError));
            }
            prop_assert_eq!(inclusion(&leaves, size), None);
            let stand = siblings(number(index), number(size)).into_iter().map(|range| {
                let place = |end| usize::try_from(end).unwrap();
                super::root(&leaves[place(range.start)..place(range.end)])
            });
            prop_assert_eq!(stand.collect::<Vec<_>>(), path);
            prop_assert_eq!(siblings(number(size), number(size)), []);
        }

        #[test]
        fn a_log_that_only_grew_is_consistent_and_one_that_was_rewritten_is_not(
            size in 1_usize..200,
            before in any::<prop::sample::Index>(),
            changed in any::<prop::sample::Index>(),
        ) {
            let (now, before) = (leaves(size), before.index(size) + 1);
            let mut rewritten = now.clone();
            let changed = changed.index(before);
            rewritten[changed] = leaf_hash(b"another");
            let old = root(&now[..before]);
            let check = |leaves: &[Hash]| {
                let proof = consistency(leaves, before).unwrap();
                check_consistency(&proof, (number(before), &old), (number(size), &root(leaves)))
            };
            prop_assert_eq!(check(&now), Ok(()));
            prop_assert_eq!(check(&rewritten), Err(ProofError));
        }
    }
}
