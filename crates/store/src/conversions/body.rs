//! A body of conversions on its way to the tables, as a blob: 1 conversions that were entered, or 7 what became of
//! them (8 with claims that are not counted as the partnership's yet), then the partnership and the time; or 6 what reports
//! count besides; and one after the other. Earlier forms of what became of them, where each is counted once by a key: 5;
//! 4 with claims that are not counted; 3 without rejections, too; 2 where whoever is left out has one key only.

use sluicegate_gate::{AdvertiserId, PartnershipId, time::UnixMillis};
use sluicegate_ledger::{
    Day,
    wire::{Damage, Reader, Writer},
};
use sluicegate_measurement::{
    ConversionType,
    lookup::{
        Active, Alias, Claim, ClaimToken, ConversionId, Count, CountKey, Counting, LeftOut,
        NewConversion, Recurring, Settled, Sort, Turn, Whose,
    },
};

const ENTERED: u8 = 1;
const SETTLED_OF_ONE_KEY: u8 = 2;
const SETTLED_WITHOUT_REJECTIONS: u8 = 3;
const SETTLED_UNCOUNTED_BY_KEYS: u8 = 4;
const SETTLED_BY_KEYS: u8 = 5;
const COUNTED: u8 = 6;
const SETTLED: u8 = 7;
const SETTLED_UNCOUNTED: u8 = 8;

/// What is written at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Conversions that were not known.
    Entered(By, Vec<NewConversion>),
    /// What became of conversions.
    Settled(By, Claims, Vec<Settled>),
    /// What reports count besides.
    Counted(Vec<Counting>),
}

/// Who reported, or was told, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct By {
    pub(super) partnership: PartnershipId,
    pub(super) at: UnixMillis,
}

/// Whether it is counted how many claims a partnership was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claims {
    /// They were, when the body was written.
    Counted,
    /// They are once the body is moved: it is of an earlier version.
    Uncounted,
}

impl Body {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Entered(_, new) => new.is_empty(),
            Self::Settled(_, _, all) => all.is_empty(),
            // Why: it takes as long to count nothing as to count something.
            Self::Counted(_) => false,
        }
    }

    pub(super) fn settled(&self) -> &[Settled] {
        match self {
            Self::Settled(_, _, settled) => settled,
            Self::Entered(..) | Self::Counted(_) => &[],
        }
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        match self {
            Self::Entered(by, new) => {
                by.write(&mut writer, ENTERED);
                for new in new {
                    write_new(&mut writer, new);
                }
            }
            Self::Settled(by, claims, all) => {
                let kind = match claims {
                    Claims::Counted => SETTLED,
                    Claims::Uncounted => SETTLED_UNCOUNTED,
                };
                by.write(&mut writer, kind);
                for one in all {
                    write_settled(&mut writer, one);
                }
            }
            Self::Counted(all) => {
                writer.byte(COUNTED);
                for one in all {
                    write_counting(&mut writer, one);
                }
            }
        }
        writer.finish()
    }

    pub(super) fn read(blob: &[u8]) -> Result<Self, Damage> {
        let mut reader = Reader::open(blob)?;
        let read: ReadSettled = match reader.byte()? {
            ENTERED => {
                let by = By::read(&mut reader)?;
                return Ok(Self::Entered(by, until_end(&mut reader, read_new)?));
            }
            COUNTED => return Ok(Self::Counted(until_end(&mut reader, read_counting)?)),
            kind @ (SETTLED | SETTLED_BY_KEYS) => {
                let by = By::read(&mut reader)?;
                let read = if kind == SETTLED { read_recurring } else { read_by_key };
                let all = until_end(&mut reader, |reader| read_with_rejections(reader, read))?;
                return Ok(Self::Settled(by, Claims::Counted, all));
            }
            SETTLED_OF_ONE_KEY => |reader| read_settled(reader, read_one_key, read_by_key),
            SETTLED_WITHOUT_REJECTIONS => |reader| read_settled(reader, read_keys, read_by_key),
            SETTLED_UNCOUNTED_BY_KEYS => |reader| read_with_rejections(reader, read_by_key),
            SETTLED_UNCOUNTED => |reader| read_with_rejections(reader, read_recurring),
            _ => return Err(Damage),
        };
        let by = By::read(&mut reader)?;
        Ok(Self::Settled(by, Claims::Uncounted, until_end(&mut reader, read)?))
    }
}

/// Reads what became of one conversion.
type ReadSettled = fn(&mut Reader<'_>) -> Result<Settled, Damage>;

impl By {
    fn write(&self, writer: &mut Writer, kind: u8) {
        writer.byte(kind);
        writer.text(self.partnership.as_str());
        writer.signed(self.at.0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damage> {
        Ok(Self { partnership: reader.partnership()?, at: UnixMillis(reader.signed()?) })
    }
}

fn until_end<T>(
    reader: &mut Reader<'_>,
    mut read: impl FnMut(&mut Reader<'_>) -> Result<T, Damage>,
) -> Result<Vec<T>, Damage> {
    let mut all = Vec::new();
    while !reader.is_at_end() {
        all.push(read(reader)?);
    }
    Ok(all)
}

fn write_new(writer: &mut Writer, new: &NewConversion) {
    for part in [&new.id.0, &new.content, &new.alias.0, &new.installation.0] {
        writer.fixed(part);
    }
    writer.byte(match new.sort {
        Sort::Install => 0,
        Sort::Return => 1,
        Sort::InApp => 2,
    });
    writer.signed(new.happened.0);
    write_bytes(writer, &new.sealed);
}

fn read_new(reader: &mut Reader<'_>) -> Result<NewConversion, Damage> {
    Ok(NewConversion {
        id: ConversionId(reader.fixed()?),
        content: reader.fixed()?,
        alias: Alias(reader.fixed()?),
        installation: Alias(reader.fixed()?),
        sort: match reader.byte()? {
            0 => Sort::Install,
            1 => Sort::Return,
            2 => Sort::InApp,
            _ => return Err(Damage),
        },
        happened: UnixMillis(reader.signed()?),
        sealed: read_bytes(reader)?,
    })
}

fn write_settled(writer: &mut Writer, one: &Settled) {
    writer.fixed(&one.conversion.0);
    writer.byte(u8::from(one.claim.is_some()));
    if let Some(claim) = &one.claim {
        writer.fixed(&claim.token.0);
        write_bytes(writer, claim.advertiser.as_str().as_bytes());
        writer.signed(claim.day.0);
        write_bytes(writer, claim.line.as_bytes());
        write_bytes(writer, &claim.sealed);
        write_recurring(writer, &claim.recurring);
        writer.length(claim.installations.len());
        claim.installations.iter().for_each(|Alias(alias)| writer.fixed(alias));
        writer.length(claim.people.len());
        claim.people.iter().for_each(|Whose(whose)| writer.fixed(whose));
    }
    writer.byte(u8::from(one.left_out.is_some()));
    if let Some(left_out) = &one.left_out {
        write_bytes(writer, left_out.advertiser.as_str().as_bytes());
        write_bytes(writer, left_out.month.as_bytes());
        writer.signed(left_out.day.0);
        write_bytes(writer, left_out.counts_as.name().as_bytes());
        writer.length(left_out.people.len());
        left_out.people.iter().for_each(|person| writer.fixed(person));
    }
    writer.byte(u8::from(one.rejections.is_some()));
    if let Some(rejections) = &one.rejections {
        write_recurring(writer, rejections);
    }
}

fn write_counting(writer: &mut Writer, counting: &Counting) {
    let Counting { once, at, counts, active } = counting;
    writer.signed(at.0);
    write_once(writer, *once, counts);
    writer.byte(u8::from(active.is_some()));
    if let Some(Active { claim, day, days, once, counts }) = active {
        writer.fixed(&claim.0);
        writer.signed(day.0);
        writer.number(u64::from(*days));
        write_once(writer, *once, counts);
    }
}

fn read_counting(reader: &mut Reader<'_>) -> Result<Counting, Damage> {
    let at = UnixMillis(reader.signed()?);
    let once = CountKey(reader.fixed()?);
    let counts = read_counts(reader)?;
    let active = is_there(reader)?.then(|| read_active(reader)).transpose()?;
    Ok(Counting { once, at, counts, active })
}

fn read_active(reader: &mut Reader<'_>) -> Result<Active, Damage> {
    Ok(Active {
        claim: ClaimToken(reader.fixed()?),
        day: Day(reader.signed()?),
        days: reader.number()?.try_into().map_err(|_large| Damage)?,
        once: CountKey(reader.fixed()?),
        counts: read_counts(reader)?,
    })
}

fn write_once(writer: &mut Writer, once: CountKey, counts: &[Count]) {
    writer.fixed(&once.0);
    write_counts(writer, counts);
}

fn write_recurring(writer: &mut Writer, recurring: &Recurring) {
    let Recurring { series, happened, turn, counts } = recurring;
    writer.fixed(&series.0);
    writer.signed(happened.0);
    writer.byte(match turn {
        Turn::First => 0,
        Turn::Again => 1,
    });
    write_counts(writer, counts);
}

pub(super) fn write_counts(writer: &mut Writer, counts: &[Count]) {
    writer.length(counts.len());
    for count in counts {
        write_count(writer, count);
    }
}

/// Reads what is counted of a conversion.
type ReadRecurring = fn(&mut Reader<'_>) -> Result<Recurring, Damage>;

fn read_recurring(reader: &mut Reader<'_>) -> Result<Recurring, Damage> {
    Ok(Recurring {
        series: CountKey(reader.fixed()?),
        happened: UnixMillis(reader.signed()?),
        turn: if is_there(reader)? { Turn::Again } else { Turn::First },
        counts: read_counts(reader)?,
    })
}

/// All of one key are one, whenever they happened.
fn read_by_key(reader: &mut Reader<'_>) -> Result<Recurring, Damage> {
    let series = CountKey(reader.fixed()?);
    let counts = read_counts(reader)?;
    Ok(Recurring { series, happened: UnixMillis(0), turn: Turn::First, counts })
}

/// Reads the keys of whoever is left out.
type ReadKeys = fn(&mut Reader<'_>) -> Result<Vec<[u8; 16]>, Damage>;

fn read_one_key(reader: &mut Reader<'_>) -> Result<Vec<[u8; 16]>, Damage> {
    Ok(vec![reader.fixed()?])
}

fn read_keys(reader: &mut Reader<'_>) -> Result<Vec<[u8; 16]>, Damage> {
    let count = reader.length()?;
    (0..count).map(|_| reader.fixed()).collect()
}

fn read_settled(
    reader: &mut Reader<'_>,
    keys: ReadKeys,
    recurring: ReadRecurring,
) -> Result<Settled, Damage> {
    Ok(Settled {
        conversion: ConversionId(reader.fixed()?),
        claim: is_there(reader)?.then(|| read_claim(reader, recurring)).transpose()?,
        left_out: is_there(reader)?.then(|| read_left_out(reader, keys)).transpose()?,
        rejections: None,
    })
}

fn read_with_rejections(
    reader: &mut Reader<'_>,
    recurring: ReadRecurring,
) -> Result<Settled, Damage> {
    let settled = read_settled(reader, read_keys, recurring)?;
    let rejections = is_there(reader)?.then(|| recurring(reader)).transpose()?;
    Ok(Settled { rejections, ..settled })
}

fn read_claim(reader: &mut Reader<'_>, recurring: ReadRecurring) -> Result<Claim, Damage> {
    Ok(Claim {
        token: ClaimToken(reader.fixed()?),
        advertiser: read_advertiser(reader)?,
        day: Day(reader.signed()?),
        line: read_text(reader)?,
        sealed: read_bytes(reader)?,
        recurring: recurring(reader)?,
        installations: {
            let count = reader.length()?;
            (0..count).map(|_| reader.fixed().map(Alias)).collect::<Result<_, _>>()?
        },
        people: {
            let count = reader.length()?;
            (0..count).map(|_| reader.fixed().map(Whose)).collect::<Result<_, _>>()?
        },
    })
}

fn read_left_out(reader: &mut Reader<'_>, keys: ReadKeys) -> Result<LeftOut, Damage> {
    Ok(LeftOut {
        advertiser: read_advertiser(reader)?,
        month: read_text(reader)?,
        day: Day(reader.signed()?),
        counts_as: ConversionType::from_name(&read_text(reader)?).ok_or(Damage)?,
        people: keys(reader)?,
    })
}

fn write_count(writer: &mut Writer, count: &Count) {
    write_bytes(writer, count.advertiser.as_str().as_bytes());
    writer.signed(count.day.0);
    write_bytes(writer, count.line.as_bytes());
    write_bytes(writer, count.measure.as_bytes());
    writer.signed(count.amount);
}

pub(super) fn read_counts(reader: &mut Reader<'_>) -> Result<Vec<Count>, Damage> {
    let count = reader.length()?;
    (0..count).map(|_| read_count(reader)).collect()
}

fn read_count(reader: &mut Reader<'_>) -> Result<Count, Damage> {
    Ok(Count {
        advertiser: read_advertiser(reader)?,
        day: Day(reader.signed()?),
        line: read_text(reader)?,
        measure: read_text(reader)?,
        amount: reader.signed()?,
    })
}

fn is_there(reader: &mut Reader<'_>) -> Result<bool, Damage> {
    match reader.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Damage),
    }
}

fn write_bytes(writer: &mut Writer, bytes: &[u8]) {
    writer.length(bytes.len());
    writer.fixed(bytes);
}

fn read_bytes(reader: &mut Reader<'_>) -> Result<Vec<u8>, Damage> {
    let length = reader.length()?;
    Ok(reader.bytes(length)?.to_vec())
}

fn read_text(reader: &mut Reader<'_>) -> Result<String, Damage> {
    String::from_utf8(read_bytes(reader)?).map_err(|_bytes| Damage)
}

fn read_advertiser(reader: &mut Reader<'_>) -> Result<AdvertiserId, Damage> {
    read_text(reader)?.parse().map_err(|_name| Damage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_to_be_counted_once_by_a_key_is_one_whenever_it_happened() {
        let by = By { partnership: "meter".parse().unwrap(), at: UnixMillis(5) };
        let (key, id) = (CountKey([8; 16]), ConversionId([1; 16]));
        let mut writer = Writer::new();
        by.write(&mut writer, SETTLED_BY_KEYS);
        writer.fixed(&id.0);
        // Neither a claim nor anybody left out, and what was rejected.
        for byte in [0, 0, 1] {
            writer.byte(byte);
        }
        write_once(&mut writer, key, &[]);
        let (turn, counts) = (Turn::First, Vec::new());
        let recurring = Recurring { series: key, happened: UnixMillis(0), turn, counts };
        let rejections = Some(recurring);
        let settled = Settled { conversion: id, claim: None, left_out: None, rejections };
        let body = Body::Settled(by, Claims::Counted, vec![settled]);
        assert_eq!(Body::read(&writer.finish()).ok(), Some(body.clone()));
        assert_eq!(Body::read(&body.write()).ok(), Some(body));
    }
}
