//! What one commit adds to people's pages and to the totals, as a blob.
//!
//! Rows follow one another; each begins with a byte that says what it is: 1 a set of values told, 2 a count
//! of what was withheld of a subject, 3 a count of what was withheld, 4 the counts of a partnership.

use super::values::Told;
use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::{
    Day, KeyId, ToldRow, TotalRow, WithheldRow, WithheldTotal,
    wire::{Damage, Reader, Writer},
};

const TOLD: u8 = 1;
const WITHHELD: u8 = 2;
const WITHHELD_TOTAL: u8 = 3;
const TOTAL: u8 = 4;

/// What one commit adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) told: Vec<Told>,
    pub(crate) withheld: Vec<WithheldRow>,
    pub(crate) withheld_totals: Vec<WithheldTotal>,
    pub(crate) totals: Vec<TotalRow>,
}

impl Rows {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { told, withheld, withheld_totals, totals } = self;
        told.is_empty() && withheld.is_empty() && withheld_totals.is_empty() && totals.is_empty()
    }

    /// Returns whether every count fits the tables, whose integers have 63 bits.
    pub(crate) fn fit(&self) -> bool {
        let fits = |count: u64| i64::try_from(count).is_ok();
        let Self { told, withheld, withheld_totals, totals } = self;
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
                _ => return Err(Damage),
            }
        }
        Ok(rows)
    }
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
