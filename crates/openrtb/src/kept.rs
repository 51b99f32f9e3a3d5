//! What is kept of an object that a stranger wrote: an allow-list of keys at every depth, and a
//! grammar for every leaf. Keys are ours, never the stranger's, so no other key can pass.

use crate::{
    fields::{Fault, Field, Fields},
    json::{self, Limits},
    written::Written,
};

/// What a field may hold. A wrong type and a negative size are faults; a value outside the grammar or
/// the bounds is not kept.
#[derive(Debug)]
pub(crate) enum Rule {
    /// An integer from 0 to the bound. Negative is a fault.
    Count(i64),
    /// An integer within bounds.
    Within(i64, i64),
    /// A code of an AdCOM list, 0 to 999.
    Code,
    /// Codes.
    Codes,
    /// Integers from 0 to the bound. Negative is a fault.
    Counts(i64),
    /// 0 or 1.
    Flag,
    /// A number from 0 to the bound, in whole units. Negative is a fault.
    Amount(i64),
    /// A string of a grammar.
    Text(fn(&str) -> bool),
    /// Strings of a grammar.
    Texts(fn(&str) -> bool),
    /// An object.
    One(&'static Schema),
    /// Objects.
    Many(&'static Schema),
    /// Objects; where none has an `id`, each gets its place as one.
    Numbered(&'static Schema),
    /// A string that holds JSON of its own, sometimes wrapped in an object with this one key. It is
    /// read, filtered and written anew.
    Inside(&'static Schema, &'static str),
}

/// An allow-list of keys, and what must hold of the object as a whole.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) fields: &'static [(&'static str, Rule)],
    pub(crate) check: fn(&Fields<'_>) -> Result<(), Fault>,
}

/// Nothing to check of the object as a whole.
#[expect(clippy::unnecessary_wraps, reason = "it stands where a check that can fail stands")]
pub(crate) fn anything(_fields: &Fields<'_>) -> Result<(), Fault> {
    Ok(())
}

/// Elements of an array past this many are not kept.
pub(crate) const LIST_MAX: usize = 64;

/// Writes what of an object may pass, in the order of the schema.
pub(crate) fn write(fields: &Fields<'_>, schema: &Schema, out: &mut Written) -> Result<(), Fault> {
    write_but(fields, schema, &[], out)
}

/// Writes the same without some keys.
pub(crate) fn write_but(
    fields: &Fields<'_>,
    schema: &Schema,
    but: &[&str],
    out: &mut Written,
) -> Result<(), Fault> {
    (schema.check)(fields)?;
    for (key, rule) in schema.fields {
        if let Some(found) = fields.find(key).filter(|_| !but.contains(key)) {
            field(&found, key, rule, out)?;
        }
    }
    Ok(())
}

fn field(found: &Field<'_, '_>, key: &str, rule: &Rule, out: &mut Written) -> Result<(), Fault> {
    match rule {
        Rule::Count(max) => integer_if(found.count()?, |value| value <= *max, key, out),
        Rule::Within(min, max) => {
            integer_if(found.integer()?, |value| (*min..=*max).contains(&value), key, out);
        }
        Rule::Code => integer_if(found.integer()?, is_code, key, out),
        Rule::Codes => integers(found, key, out, |_, value| Ok(is_code(value)))?,
        Rule::Counts(max) => integers(found, key, out, |index, value| {
            if value < 0 {
                return Err(found.fault_at(index, "must not be negative"));
            }
            Ok(value <= *max)
        })?,
        Rule::Flag => integer_if(found.integer()?, |value| matches!(value, 0 | 1), key, out),
        Rule::Amount(max) => {
            let value = found.amount()?;
            if value.0 <= max.saturating_mul(1_000_000) {
                out.amount(key, value);
            }
        }
        Rule::Text(fits) => {
            let text = found.text()?;
            if fits(text) {
                out.text(key, text);
            }
        }
        Rule::Texts(fits) => texts(found, key, out, *fits)?,
        Rule::One(schema) => {
            out.try_object(key, |object| write(&found.object()?, schema, object))?;
        }
        Rule::Many(schema) => out.filled_list(key, |list| {
            let inner = found.objects()?;
            let mut kept = inner.iter().take(LIST_MAX);
            kept.try_for_each(|inner| list.try_element(|object| write(inner, schema, object)))
        })?,
        Rule::Numbered(schema) => out.filled_list(key, |list| {
            let inner = found.objects()?;
            let have_ids = inner.iter().any(|one| one.has("id"));
            let mut kept = inner.iter().take(LIST_MAX).zip(0_i64..);
            kept.try_for_each(|(inner, place)| {
                list.try_element(|object| {
                    if !have_ids {
                        object.integer("id", place);
                    }
                    write(inner, schema, object)
                })
            })
        })?,
        Rule::Inside(schema, wrapper) => out.text(key, &inside(found, schema, wrapper)?),
    }
    Ok(())
}

fn is_code(value: i64) -> bool {
    (0..1000).contains(&value)
}

fn integer_if(value: i64, fits: impl FnOnce(i64) -> bool, key: &str, out: &mut Written) {
    if fits(value) {
        out.integer(key, value);
    }
}

/// Writes the first integers that fit. All are read: one that is none is a fault, wherever it stands.
fn integers(
    found: &Field<'_, '_>,
    key: &str,
    out: &mut Written,
    fits: impl Fn(usize, i64) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    out.filled_list(key, |list| {
        let mut left = LIST_MAX;
        for (index, value) in found.each_integer()?.enumerate() {
            let value = value?;
            if fits(index, value)? && left > 0 {
                left -= 1;
                list.element_integer(value);
            }
        }
        Ok(())
    })
}

/// Writes the first texts that fit. All are read, as with integers.
fn texts(
    found: &Field<'_, '_>,
    key: &str,
    out: &mut Written,
    fits: fn(&str) -> bool,
) -> Result<(), Fault> {
    out.filled_list(key, |list| {
        let mut left = LIST_MAX;
        for text in found.each_text()? {
            let text = text?;
            if left > 0 && fits(text) {
                left -= 1;
                list.element_text(text);
            }
        }
        Ok(())
    })
}

fn inside(found: &Field<'_, '_>, schema: &Schema, wrapper: &str) -> Result<String, Fault> {
    let document = json::parse(found.text()?.as_bytes(), &Limits::REQUEST)
        .map_err(|_inner| found.fault("must hold well-formed JSON"))?;
    let outer = found.inside(&document)?;
    let mut kept = Written::default();
    match outer.object(wrapper)? {
        Some(inner) => write(&inner, schema, &mut kept)?,
        None => write(&outer, schema, &mut kept)?,
    }
    Ok(kept.into_object())
}

/// Requires an array that is not empty.
pub(crate) fn requires_list(fields: &Fields<'_>, key: &str) -> Result<(), Fault> {
    match fields.find(key) {
        None => Err(fields.fault(key, "is missing")),
        Some(found) if found.list()?.is_empty() => Err(found.fault("must not be empty")),
        Some(_) => Ok(()),
    }
}

/// Requires a positive integer.
pub(crate) fn requires_positive(fields: &Fields<'_>, key: &str) -> Result<(), Fault> {
    match fields.find(key) {
        None => Err(fields.fault(key, "is missing")),
        Some(found) if found.integer().is_ok_and(|value| value > 0) => Ok(()),
        Some(_) => Err(fields.fault(key, "must be a positive integer")),
    }
}
