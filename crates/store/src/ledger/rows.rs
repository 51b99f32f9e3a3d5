//! What one commit adds to people's pages and to the totals, as a blob.
//!
//! Rows follow one another; each begins with a byte that says what it is: 1 a set of values told, 2 a count
//! of what was withheld of a subject, 3 a count of what was withheld, 4 the counts of a partnership, 5 slips beside
//! a message, which take the same room whether something is on them or not.

use super::values::Told;
use sluicegate_gate::{Reason, time::UnixMillis};
use sluicegate_ledger::{
    Day, KeyId, Slip, SlipsRow, ToldRow, TotalRow, WithheldRow, WithheldTotal,
    wire::{Damage, Reader, Writer},
};

const TOLD: u8 = 1;
const WITHHELD: u8 = 2;
const WITHHELD_TOTAL: u8 = 3;
const TOTAL: u8 = 4;
const SLIPS: u8 = 5;
/// What a slip takes, without the byte before it; one that says more takes a multiple.
const SLIP: usize = 128;

/// What one commit adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) told: Vec<Told>,
    pub(crate) withheld: Vec<WithheldRow>,
    pub(crate) withheld_totals: Vec<WithheldTotal>,
    pub(crate) totals: Vec<TotalRow>,
    pub(crate) slips: Vec<SlipsRow>,
}

impl Rows {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { told, withheld, withheld_totals, totals, slips } = self;
        told.is_empty()
            && withheld.is_empty()
            && withheld_totals.is_empty()
            && totals.is_empty()
            && slips.is_empty()
    }

    /// Returns whether every count fits the tables, whose integers have 63 bits.
    pub(crate) fn fit(&self) -> bool {
        let fits = |count: u64| i64::try_from(count).is_ok();
        let Self { told, withheld, withheld_totals, totals, slips: _ } = self;
        told.iter().all(|told| fits(told.row.count))
            && withheld.iter().all(|row| fits(row.count))
            && withheld_totals.iter().all(|row| fits(row.count))
            && totals
                .iter()
                .all(|row| fits(row.messages) && fits(row.disclosures) && fits(row.withheld))
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        self.told.iter().for_each(|row| write_told(&mut writer, row));
        for row in &self.withheld {
            writer.byte(WITHHELD);
            writer.subject(row.subject);
            writer.text(row.partnership.as_str());
            writer.signed(row.day.0);
            writer.text(row.reason.code());
            writer.number(row.count);
        }
        for row in &self.withheld_totals {
            writer.byte(WITHHELD_TOTAL);
            writer.text(row.partnership.as_str());
            writer.signed(row.day.0);
            writer.path(row.path);
            writer.text(row.reason.code());
            writer.number(row.count);
        }
        for row in &self.totals {
            writer.byte(TOTAL);
            writer.text(row.partnership.as_str());
            writer.signed(row.day.0);
            writer.path(row.path);
            for count in [row.messages, row.disclosures, row.withheld] {
                writer.number(count);
            }
        }
        self.slips.iter().for_each(|row| write_slips(&mut writer, row));
        writer.finish()
    }

    pub(crate) fn read(blob: &[u8]) -> Result<Self, Damage> {
        let mut reader = Reader::open(blob)?;
        let mut rows = Self::default();
        while !reader.is_at_end() {
            match reader.byte()? {
                TOLD => rows.told.push(read_told(&mut reader)?),
                WITHHELD => rows.withheld.push(WithheldRow {
                    subject: reader.subject()?,
                    partnership: reader.partnership()?,
                    day: Day(reader.signed()?),
                    reason: reader.reason()?,
                    count: reader.number()?,
                }),
                WITHHELD_TOTAL => rows.withheld_totals.push(WithheldTotal {
                    partnership: reader.partnership()?,
                    day: Day(reader.signed()?),
                    path: reader.path()?,
                    reason: reader.reason()?,
                    count: reader.number()?,
                }),
                TOTAL => rows.totals.push(TotalRow {
                    partnership: reader.partnership()?,
                    day: Day(reader.signed()?),
                    path: reader.path()?,
                    messages: reader.number()?,
                    disclosures: reader.number()?,
                    withheld: reader.number()?,
                }),
                SLIPS => rows.slips.push(read_slips(&mut reader)?),
                _ => return Err(Damage),
            }
        }
        Ok(rows)
    }
}

fn write_slips(writer: &mut Writer, row: &SlipsRow) {
    writer.byte(SLIPS);
    writer.text(row.partnership.as_str());
    writer.signed(row.day.0);
    writer.path(row.path);
    writer.length(row.slips.len());
    for slip in &row.slips {
        let mut bytes = Vec::with_capacity(SLIP);
        if let Some(slip) = slip {
            write_slip(&mut bytes, slip);
        }
        let room = bytes.len().max(1).next_multiple_of(SLIP);
        bytes.resize(room, 0);
        writer.length(room / SLIP);
        writer.fixed(&bytes);
    }
}

/// Writes no text by its number: where a reason comes for the first time would show.
fn write_slip(bytes: &mut Vec<u8>, Slip { keys, reasons }: &Slip) {
    let mut writer = Writer::new();
    writer.length(reasons.len());
    for reason in reasons {
        writer.length(reason.code().len());
        writer.fixed(reason.code().as_bytes());
    }
    writer.length(keys.len());
    for key in keys {
        writer.subject(*key);
    }
    bytes.push(1);
    bytes.extend_from_slice(writer.written());
}

fn read_slips(reader: &mut Reader<'_>) -> Result<SlipsRow, Damage> {
    let (partnership, day) = (reader.partnership()?, Day(reader.signed()?));
    let path = reader.path()?;
    let count = reader.length()?;
    let slips = (0..count).map(|_| read_slip(reader)).collect::<Result<_, _>>()?;
    Ok(SlipsRow { partnership, day, path, slips })
}

fn read_slip(reader: &mut Reader<'_>) -> Result<Option<Slip>, Damage> {
    let room = reader.length()?.checked_mul(SLIP).ok_or(Damage)?;
    let before = reader.rest().len();
    let slip = match reader.byte()? {
        0 => None,
        1 => {
            let count = reader.length()?;
            let reasons = (0..count).map(|_| read_reason(reader)).collect::<Result<_, _>>()?;
            let count = reader.length()?;
            let keys = (0..count).map(|_| reader.subject()).collect::<Result<_, _>>()?;
            Some(Slip { keys, reasons })
        }
        _ => return Err(Damage),
    };
    let read = before.checked_sub(reader.rest().len()).ok_or(Damage)?;
    reader.bytes(room.checked_sub(read).ok_or(Damage)?)?;
    Ok(slip)
}

fn read_reason(reader: &mut Reader<'_>) -> Result<Reason, Damage> {
    let length = reader.length()?;
    let code = std::str::from_utf8(reader.bytes(length)?).map_err(|_not_text| Damage)?;
    Reason::from_code(code).ok_or(Damage)
}

fn write_told(writer: &mut Writer, Told { row, value }: &Told) {
    writer.byte(TOLD);
    writer.fixed(&row.key.0.to_be_bytes());
    writer.text(row.partnership.as_str());
    writer.signed(row.day.0);
    writer.fixed(&row.digest);
    writer.path(row.path);
    writer.byte(row.categories.bits());
    writer.edition(row.edition);
    writer.number(row.count);
    writer.signed(row.first.0);
    writer.signed(row.last.0.wrapping_sub(row.first.0));
    writer.byte(value.is_some().into());
    if let Some(which) = value {
        writer.number(which.cast_unsigned());
    }
}

fn read_told(reader: &mut Reader<'_>) -> Result<Told, Damage> {
    let key = KeyId(u64::from_be_bytes(reader.fixed()?));
    let (partnership, day) = (reader.partnership()?, Day(reader.signed()?));
    let digest = reader.fixed()?;
    let (path, categories, edition) = (reader.path()?, reader.categories()?, reader.edition()?);
    let count = reader.number()?;
    let first = reader.signed()?;
    let last = first.wrapping_add(reader.signed()?);
    let value = match reader.byte()? {
        0 => None,
        1 => Some(i64::try_from(reader.number()?).map_err(|_too_large| Damage)?),
        _ => return Err(Damage),
    };
    let (first, last) = (UnixMillis(first), UnixMillis(last));
    let row = ToldRow {
        key,
        partnership,
        day,
        digest,
        path,
        categories,
        edition,
        sealed: None,
        count,
        first,
        last,
    };
    Ok(Told { row, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_gate::{KeyKind, Path, SubjectKey};

    #[test]
    fn slips_take_the_same_room_whatever_is_on_them_and_read_back() {
        let key = |kind| SubjectKey { kind, hash: u128::MAX };
        let keys = [KeyKind::Account, KeyKind::Device, KeyKind::Browser].map(key).to_vec();
        let reasons = vec![Reason::SharingOff(KeyKind::Browser), Reason::HappenedWhileOff];
        let full = Slip { keys, reasons };
        let long = Slip { reasons: Reason::ALL.to_vec(), ..full.clone() };
        let rows = |slips: &[Option<&Slip>]| {
            let (partnership, day, path) = ("meter".parse().unwrap(), Day(20_000), Path::Touches);
            let slips = slips.iter().map(|slip| slip.cloned()).collect();
            let slips = vec![SlipsRow { partnership, day, path, slips }];
            Rows { slips, ..Rows::default() }
        };
        let none = rows(&[None; 3]).write();
        for slips in [[None; 3], [Some(&full); 3], [None, Some(&full), None]] {
            let rows = rows(&slips);
            assert_eq!(rows.write().len(), none.len());
            assert_eq!(Rows::read(&rows.write()), Ok(rows));
        }
        let long = rows(&[Some(&long), None]);
        assert_eq!(Rows::read(&long.write()), Ok(long), "one that says more takes more");
    }
}
