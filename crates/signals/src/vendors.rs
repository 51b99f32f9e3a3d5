//! Lists of vendor ids, as the frameworks write them: a bit field, or ranges.

use crate::{Unreadable, bits::Bits};

/// A list of vendor ids within a string. It is not expanded: looking one up walks the ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vendors<'a> {
    /// At the first bit of the field, or at the first range.
    bits: Bits<'a>,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    /// One bit for each id up to this.
    Field { last: u16 },
    /// So many ranges.
    Ranges { count: u16, width: Width },
}

/// How the numbers of a range are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Width {
    /// Sixteen bits each: first and last id.
    Fixed,
    /// Fibonacci coding: distance from the last id, and length.
    Fibonacci,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Layout {
    /// Largest id (16 bits), a flag, then ranges of 16-bit ids, or a bit for each id. TCF Europe; the GPP
    /// core specification calls it `OptimizedIntRange`.
    Fixed,
    /// A flag, then ranges in Fibonacci coding, or a number of ids (16 bits) and a bit for each:
    /// `OptimizedRange` of the GPP core specification.
    Optimized,
    /// As the JavaScript library of the GPP writes `OptimizedRange`: largest id (16 bits), a flag, then
    /// ranges in Fibonacci coding, or a bit for each id.
    OptimizedWithLast,
}

impl<'a> Vendors<'a> {
    /// Reads a list, and leaves `bits` behind it.
    pub(crate) fn read(bits: &mut Bits<'a>, layout: Layout) -> Result<Self, Unreadable> {
        let (last, width) = match layout {
            Layout::Fixed => (Some(bits.number(16)?), Width::Fixed),
            Layout::OptimizedWithLast => (Some(bits.number(16)?), Width::Fibonacci),
            Layout::Optimized => (None, Width::Fibonacci),
        };
        if bits.flag()? {
            return Self::ranges(bits, width, last.unwrap_or(u16::MAX));
        }
        let last = match last {
            Some(last) => last,
            None => bits.number(16)?,
        };
        let field = Self { bits: *bits, form: Form::Field { last } };
        bits.skip(usize::from(last))?;
        Ok(field)
    }

    /// Reads a list that is always ranges of 16-bit ids: the restrictions of TCF Europe.
    pub(crate) fn read_ranges(bits: &mut Bits<'a>) -> Result<Self, Unreadable> {
        Self::ranges(bits, Width::Fixed, u16::MAX)
    }

    fn ranges(bits: &mut Bits<'a>, width: Width, last: u16) -> Result<Self, Unreadable> {
        let count = bits.number(12)?;
        let list = Self { bits: *bits, form: Form::Ranges { count, width } };
        let mut before = 0;
        for _ in 0..count {
            let (_, to) = range(bits, width, before)?;
            if to > last {
                return Err(Unreadable::Ids);
            }
            before = to;
        }
        Ok(list)
    }

    /// Returns whether the id is in the list.
    pub fn contains(&self, id: u16) -> bool {
        match self.form {
            Form::Field { last } => {
                (1..=last).contains(&id) && self.bits.ahead(usize::from(id) - 1)
            }
            Form::Ranges { .. } => self.spans().any(|(from, to)| (from..=to).contains(&id)),
        }
    }

    /// Iterates over the ids as they are written; one that is written twice comes twice. A hostile string repeats a
    /// range of all ids thousands of times: to ask about one id, use [`Self::contains`].
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        self.spans().flat_map(|(from, to)| from..=to)
    }

    /// Iterates over first and last ids.
    fn spans(&self) -> Spans<'a> {
        Spans { list: *self, done: 0, before: 0 }
    }
}

/// The ranges of a list; those of a field have one id each.
struct Spans<'a> {
    list: Vendors<'a>,
    done: u16,
    before: u16,
}

impl Iterator for Spans<'_> {
    type Item = (u16, u16);

    fn next(&mut self) -> Option<(u16, u16)> {
        match self.list.form {
            Form::Field { last } => {
                while self.done < last {
                    self.done += 1;
                    if self.list.bits.flag().ok()? {
                        return Some((self.done, self.done));
                    }
                }
                None
            }
            Form::Ranges { count, width } => {
                if self.done == count {
                    return None;
                }
                self.done += 1;
                let (from, to) = range(&mut self.list.bits, width, self.before).ok()?;
                self.before = to;
                Some((from, to))
            }
        }
    }
}

/// Reads one range. Ids begin at 1, and a range does not run backwards.
fn range(bits: &mut Bits<'_>, width: Width, before: u16) -> Result<(u16, u16), Unreadable> {
    let (from, to) = match width {
        Width::Fixed => {
            let (is_range, from) = bits.flag_and_number()?;
            (from, if is_range { bits.number(16)? } else { from })
        }
        Width::Fibonacci => {
            let is_range = bits.flag()?;
            let from = before.checked_add(bits.fibonacci()?).ok_or(Unreadable::Ids)?;
            let length = if is_range { bits.fibonacci()? } else { 0 };
            (from, from.checked_add(length).ok_or(Unreadable::Ids)?)
        }
    };
    if from == 0 || from > to { Err(Unreadable::Ids) } else { Ok((from, to)) }
}
