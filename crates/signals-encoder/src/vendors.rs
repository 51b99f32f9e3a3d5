//! Lists of vendors, in the codings that the specifications have for them.

use crate::bits::Bits;
use std::collections::BTreeSet;

/// A list of vendors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendors {
    /// Their numbers, each above 0.
    pub ids: BTreeSet<u16>,
    /// How they are written.
    pub form: VendorForm,
}

/// How a list of vendors is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VendorForm {
    /// A bit for each vendor up to the last one.
    Bitfield,
    /// The runs of consecutive numbers; at most 4095.
    Range,
    /// As a range where that takes no more bits, else as a bit field.
    Shortest,
}

/// Whether consecutive numbers in a range are written as one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Two or more in a row become a group.
    Groups,
    /// Each number stands alone.
    Singles,
}

impl Vendors {
    /// Returns the empty list.
    #[must_use]
    pub const fn none() -> Self {
        Self { ids: BTreeSet::new(), form: VendorForm::Shortest }
    }

    /// Lists vendors in the shortest form.
    #[must_use]
    pub fn of(ids: impl IntoIterator<Item = u16>) -> Self {
        Self { ids: ids.into_iter().collect(), form: VendorForm::Shortest }
    }

    /// Returns the list in the given form.
    #[must_use]
    pub fn written_as(self, form: VendorForm) -> Self {
        Self { form, ..self }
    }

    fn is_range(&self, range_bits: usize, field_bits: usize) -> bool {
        match self.form {
            VendorForm::Bitfield => false,
            VendorForm::Range => true,
            VendorForm::Shortest => {
                range_bits <= field_bits && runs(&self.ids, Grouping::Groups).len() <= RUNS_MAX
            }
        }
    }
}

/// How the numbers of a range are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Coding {
    /// 16 bits each; a group by its first and last number. "Range (Int)".
    Fixed,
    /// Fibonacci coding of the distance from the number before. "Range (Fibonacci)".
    Fibonacci,
}

/// How the parts of a list follow each other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ListOrder {
    /// The last number in 16 bits, whether a range follows, then the range or a bit field up to it.
    LastFirst(Coding),
    /// Whether a range follows, then the range, or 16 bits of length and a bit field so long.
    FlagFirst,
}

/// Writes a list of vendors.
pub(crate) fn write_list(bits: &mut Bits, vendors: &Vendors, order: ListOrder) {
    let last = vendors.ids.last().copied().unwrap_or(0);
    let coding = match order {
        ListOrder::LastFirst(coding) => coding,
        ListOrder::FlagFirst => Coding::Fibonacci,
    };
    let range_bits = range_length(&vendors.ids, coding);
    match order {
        ListOrder::LastFirst(_) => {
            let is_range = vendors.is_range(range_bits, usize::from(last));
            bits.int(last, 16);
            bits.flag(is_range);
            if is_range {
                write_range(bits, &vendors.ids, coding, Grouping::Groups);
            } else {
                write_field(bits, &vendors.ids, last);
            }
        }
        ListOrder::FlagFirst => {
            let is_range = vendors.is_range(range_bits, 16 + usize::from(last));
            bits.flag(is_range);
            if is_range {
                write_range(bits, &vendors.ids, coding, Grouping::Groups);
            } else {
                bits.int(last, 16);
                write_field(bits, &vendors.ids, last);
            }
        }
    }
}

/// Writes a range: 12 bits of how many entries, then for each whether it is a group, and its numbers.
pub(crate) fn write_range(
    bits: &mut Bits,
    ids: &BTreeSet<u16>,
    coding: Coding,
    grouping: Grouping,
) {
    let runs = runs(ids, grouping);
    assert!(runs.len() <= RUNS_MAX, "{} runs do not fit a range", runs.len());
    bits.int(u64::try_from(runs.len()).unwrap_or(u64::MAX), 12);
    write_runs(bits, &runs, coding);
}

fn write_runs(bits: &mut Bits, runs: &[(u16, u16)], coding: Coding) {
    let mut before = 0;
    for (first, last) in runs.iter().copied() {
        let is_group = first < last;
        bits.flag(is_group);
        match coding {
            Coding::Fixed => {
                bits.int(first, 16);
                if is_group {
                    bits.int(last, 16);
                }
            }
            Coding::Fibonacci => {
                bits.fibonacci(first - before);
                if is_group {
                    bits.fibonacci(last - first);
                }
            }
        }
        before = last;
    }
}

fn write_field(bits: &mut Bits, ids: &BTreeSet<u16>, last: u16) {
    assert!(!ids.contains(&0), "no vendor has the number 0");
    (1..=last).for_each(|id| bits.flag(ids.contains(&id)));
}

fn range_length(ids: &BTreeSet<u16>, coding: Coding) -> usize {
    let mut bits = Bits::default();
    write_runs(&mut bits, &runs(ids, Grouping::Groups), coding);
    12 + bits.len()
}

/// Returns the first and last number of each entry.
fn runs(ids: &BTreeSet<u16>, grouping: Grouping) -> Vec<(u16, u16)> {
    assert!(!ids.contains(&0), "no entry of a range has the number 0");
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for id in ids.iter().copied() {
        match runs.last_mut() {
            Some((_, last)) if grouping == Grouping::Groups && *last + 1 == id => *last = id,
            Some(_) | None => runs.push((id, id)),
        }
    }
    runs
}

/// What 12 bits can count.
const RUNS_MAX: usize = 4095;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::Padding;

    fn range(ids: &[u16], coding: Coding) -> String {
        let mut bits = Bits::default();
        write_range(&mut bits, &ids.iter().copied().collect(), coding, Grouping::Groups);
        bits.text(Padding::Letters)
    }

    fn from_digits(digits: &str) -> String {
        let mut bits = Bits::default();
        digits.chars().filter(|digit| *digit != ' ').for_each(|digit| bits.flag(digit == '1'));
        bits.text(Padding::Letters)
    }

    /// GPP, "Section Encoding", the examples of both ranges.
    #[test]
    fn the_ranges_of_the_specification_come_out() {
        let fixed = "000000000010 0 0000000000000011 1 0000000000000101 0000000000001000";
        assert_eq!(range(&[3, 5, 6, 7, 8], Coding::Fixed), from_digits(fixed));
        let fibonacci = "000000000010 0 0011 1 011 0011";
        assert_eq!(range(&[3, 5, 6, 7, 8], Coding::Fibonacci), from_digits(fibonacci));
    }

    #[test]
    fn the_shortest_form_is_never_longer_than_another() {
        let orders = [
            ListOrder::LastFirst(Coding::Fixed),
            ListOrder::LastFirst(Coding::Fibonacci),
            ListOrder::FlagFirst,
        ];
        let lists: [Vec<u16>; 5] =
            [vec![], vec![1], (1..200).collect(), (1..200).step_by(2).collect(), vec![65_535]];
        for (order, ids) in
            orders.iter().flat_map(|order| lists.iter().map(move |ids| (order, ids)))
        {
            let length = |form| {
                let mut bits = Bits::default();
                write_list(&mut bits, &Vendors::of(ids.clone()).written_as(form), *order);
                bits.len()
            };
            let other = length(VendorForm::Bitfield).min(length(VendorForm::Range));
            assert_eq!(length(VendorForm::Shortest), other, "{order:?} {ids:?}");
        }
    }

    #[test]
    fn too_many_runs_for_a_range_become_a_bit_field() {
        let ids = (1..=65_535).step_by(2);
        let mut bits = Bits::default();
        write_list(&mut bits, &Vendors::of(ids), ListOrder::FlagFirst);
        assert_eq!(bits.len(), 1 + 16 + 65_535);
    }
}
