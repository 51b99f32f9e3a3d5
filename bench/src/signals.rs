//! Reading consent strings, beside looking at each of their bytes once.

use crate::{
    harness::{Effort, Sample, alternate, measured},
    table::{Goal, Row},
};
use anyhow::Context;
use sluicegate_signals::{InForce, TcString};
use sluicegate_signals_encoder::{
    Gpp, TcString as Written, UsSection, UsSpecification, VendorForm, Vendors,
};
use std::hint::black_box;

const OPERATIONS: u32 = 100_000;
const BELOW_NS: f64 = 2_000.0;
/// Ids on the vendor list of a large site, and the id of a vendor in the middle of it.
const VENDORS: u16 = 800;
/// 1 March 2026, in tenths of a second.
const MADE_DS: u64 = 17_723_232_000;

/// The string of a large site: 800 vendors shown, nine in ten consented to, as a bit field; legitimate interest as
/// ranges.
pub(crate) fn tcf() -> String {
    let agreed = (1..=VENDORS).filter(|id| id % 10 != 0);
    let interest = (1..=VENDORS).filter(|id| id % 4 != 0 && *id < 200);
    let mut string = Written::agreeing(MADE_DS, &[]);
    string.vendors_consent = Vendors::of(agreed).written_as(VendorForm::Bitfield);
    string.vendors_legitimate_interest = Vendors::of(interest).written_as(VendorForm::Range);
    string.disclosed = Some(Vendors::of(1..=VENDORS).written_as(VendorForm::Bitfield));
    string.encode()
}

fn gpp() -> String {
    let mut section = UsSection::agreeing(UsSpecification::NationalV2);
    section.gpc = Some(false);
    Gpp::new().with_us(&section).encode()
}

pub(crate) fn measure(effort: Effort) -> anyhow::Result<Vec<Row>> {
    let (tcf, gpp) = (tcf(), gpp());
    TcString::read_valid(&tcf).context("the string is not valid")?;
    anyhow::ensure!(InForce::read(Some(&gpp), &[7]).read().is_some(), "the string is not valid");
    let mut rows = Vec::new();
    let read_tcf = || {
        let _read = black_box(TcString::read_valid(black_box(&tcf)));
    };
    rows.push(row("signals: TCF, 800 vendors", effort, &tcf, read_tcf)?);
    let read_gpp = || {
        let _read = black_box(InForce::read(Some(black_box(&gpp)), &[7]));
    };
    rows.push(row("signals: GPP, national", effort, &gpp, read_gpp)?);
    Ok(rows)
}

fn row(
    name: &'static str,
    effort: Effort,
    text: &str,
    mut read: impl FnMut(),
) -> anyhow::Result<Row> {
    let operations = effort.operations(OPERATIONS);
    let mut look = || {
        let sum = black_box(text).bytes().fold(0_u64, |sum, byte| sum ^ u64::from(black_box(byte)));
        black_box(sum);
    };
    let pair =
        alternate(effort, || repeat(operations, &mut look), || repeat(operations, &mut read))?;
    Ok(Row { name, pair, goal: Goal::Processor { below_ns: BELOW_NS }, notes: Vec::new() })
}

fn repeat(operations: u32, operation: &mut impl FnMut()) -> anyhow::Result<Sample> {
    measured(operations, || {
        for _ in 0..operations {
            operation();
        }
        Ok(())
    })
}
