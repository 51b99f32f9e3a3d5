//! A body of conversions on its way to the tables, as a blob: 1 conversions that were entered, or 4 what became of
//! them (3 without rejections, and 2 where whoever is left out has one key only, too); then the partnership, the time,
//! and one after the other.

use sluicegate_gate::{AdvertiserId, PartnershipId, time::UnixMillis};
use sluicegate_ledger::{
    Day,
    wire::{Damage, Reader, Writer},
};
use sluicegate_measurement::{
    ConversionType,
    lookup::{
        Alias, Claim, ClaimToken, ConversionId, Count, CountKey, LeftOut, NewConversion,
        Rejections, Settled, Sort, Whose,
    },
};

const ENTERED: u8 = 1;
const SETTLED_OF_ONE_KEY: u8 = 2;
const SETTLED_WITHOUT_REJECTIONS: u8 = 3;
const SETTLED: u8 = 4;

/// What a partnership reported, or was told, at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) partnership: PartnershipId,
    pub(super) at: UnixMillis,
    pub(super) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Conversions that were not known.
    Entered(Vec<NewConversion>),
    /// What became of conversions.
    Settled(Vec<Settled>),
}

impl Body {
    pub(super) fn is_empty(&self) -> bool {
        match &self.what {
            What::Entered(new) => new.is_empty(),
            What::Settled(all) => all.is_empty(),
        }
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.byte(match self.what {
            What::Entered(_) => ENTERED,
            What::Settled(_) => SETTLED,
        });
        writer.text(self.partnership.as_str());
        writer.signed(self.at.0);
        match &self.what {
            What::Entered(new) => new.iter().for_each(|new| write_new(&mut writer, new)),
            What::Settled(all) => all.iter().for_each(|one| write_settled(&mut writer, one)),
        }
        writer.finish()
    }

    pub(super) fn read(blob: &[u8]) -> Result<Self, Damage> {
        let mut reader = Reader::open(blob)?;
        let kind = reader.byte()?;
        let (partnership, at) = (reader.partnership()?, UnixMillis(reader.signed()?));
        let what = match kind {
            ENTERED => What::Entered(until_end(&mut reader, read_new)?),
            SETTLED_OF_ONE_KEY => {
                What::Settled(until_end(&mut reader, |reader| read_settled(reader, read_one_key))?)
            }
            SETTLED_WITHOUT_REJECTIONS => {
                What::Settled(until_end(&mut reader, |reader| read_settled(reader, read_keys))?)
            }
            SETTLED => What::Settled(until_end(&mut reader, read_with_rejections)?),
            _ => return Err(Damage),
        };
        Ok(Self { partnership, at, what })
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
        write_once(writer, claim.once, &claim.counts);
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
    if let Some(Rejections { once, counts }) = &one.rejections {
        write_once(writer, *once, counts);
    }
}

fn write_once(writer: &mut Writer, once: CountKey, counts: &[Count]) {
    writer.fixed(&once.0);
    writer.length(counts.len());
    for count in counts {
        write_count(writer, count);
    }
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

fn read_settled(reader: &mut Reader<'_>, keys: ReadKeys) -> Result<Settled, Damage> {
    Ok(Settled {
        conversion: ConversionId(reader.fixed()?),
        claim: is_there(reader)?.then(|| read_claim(reader)).transpose()?,
        left_out: is_there(reader)?.then(|| read_left_out(reader, keys)).transpose()?,
        rejections: None,
    })
}

fn read_with_rejections(reader: &mut Reader<'_>) -> Result<Settled, Damage> {
    let settled = read_settled(reader, read_keys)?;
    let rejections = is_there(reader)?.then(|| read_rejections(reader)).transpose()?;
    Ok(Settled { rejections, ..settled })
}

fn read_rejections(reader: &mut Reader<'_>) -> Result<Rejections, Damage> {
    Ok(Rejections { once: CountKey(reader.fixed()?), counts: read_counts(reader)? })
}

fn read_claim(reader: &mut Reader<'_>) -> Result<Claim, Damage> {
    Ok(Claim {
        token: ClaimToken(reader.fixed()?),
        advertiser: read_advertiser(reader)?,
        day: Day(reader.signed()?),
        line: read_text(reader)?,
        sealed: read_bytes(reader)?,
        once: CountKey(reader.fixed()?),
        counts: read_counts(reader)?,
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

fn read_counts(reader: &mut Reader<'_>) -> Result<Vec<Count>, Damage> {
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
