//! What is kept of an object that a stranger wrote: an allow-list of keys at every depth, and a
//! grammar for every leaf. Keys are ours, never the stranger's, so no other key can pass.

use crate::{
    document::Value,
    fields::{Fault, Field, Fields, integer},
    json::{self, Limits},
    money::Micros,
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

/// A value that may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Integer(i64),
    Decimal(Micros),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(&'static str, Self)>),
    /// Written as a string that holds JSON.
    Inside(Box<Self>),
}

impl Kept {
    /// Returns the fields of an object within this one.
    pub(crate) fn inner_mut(&mut self, key: &str) -> Option<&mut Vec<(&'static str, Self)>> {
        let Self::Map(fields) = self else { return None };
        let (_, inner) = fields.iter_mut().find(|(name, _)| *name == key)?;
        if let Self::Map(fields) = inner { Some(fields) } else { None }
    }

    /// Writes it as a field.
    pub(crate) fn write(&self, key: &str, out: &mut Written) {
        match self {
            Self::Integer(value) => out.integer(key, *value),
            Self::Decimal(value) => out.amount(key, *value),
            Self::Text(text) => out.text(key, text),
            Self::List(values) => {
                out.list(key, |list| values.iter().for_each(|one| one.add_to(list)));
            }
            Self::Map(fields) => out.object(key, |object| write_all(fields, object)),
            Self::Inside(value) => out.text(key, &value.whole()),
        }
    }

    /// Writes it as an element of a list.
    fn add_to(&self, out: &mut Written) {
        match self {
            Self::Integer(value) => out.element_integer(*value),
            Self::Decimal(value) => out.element_amount(*value),
            Self::Text(text) => out.element_text(text),
            Self::List(values) => {
                out.element_list(|list| values.iter().for_each(|one| one.add_to(list)));
            }
            Self::Map(fields) => out.element(|object| write_all(fields, object)),
            Self::Inside(value) => out.element_text(&value.whole()),
        }
    }

    /// Writes the fields of an object; of anything else nothing.
    pub(crate) fn written(&self) -> Written {
        let mut fields = Written::default();
        if let Self::Map(inner) = self {
            write_all(inner, &mut fields);
        }
        fields
    }

    /// Writes an object whole; of anything else nothing.
    fn whole(&self) -> String {
        Written::whole(0, |object| {
            if let Self::Map(fields) = self {
                write_all(fields, object);
            }
        })
    }
}

/// Writes fields in their order.
pub(crate) fn write_all(fields: &[(&'static str, Kept)], out: &mut Written) {
    for (key, value) in fields {
        value.write(key, out);
    }
}

/// Elements of an array past this many are not kept.
const LIST_MAX: usize = 64;

/// Room made for the fields of an object: most have no more.
const USUAL_FIELDS: usize = 8;

/// Filters an object.
pub(crate) fn object(fields: &Fields<'_>, schema: &Schema) -> Result<Kept, Fault> {
    (schema.check)(fields)?;
    let mut map = Vec::with_capacity(schema.fields.len().min(USUAL_FIELDS));
    for (key, rule) in schema.fields {
        if let Some(found) = fields.find(key)
            && let Some(kept) = field(&found, rule)?
        {
            map.push((*key, kept));
        }
    }
    Ok(Kept::Map(map))
}

fn field(found: &Field<'_, '_>, rule: &Rule) -> Result<Option<Kept>, Fault> {
    Ok(match rule {
        Rule::Count(max) => counted(found, *max)?,
        Rule::Within(min, max) => {
            let value = found.integer()?;
            (*min..=*max).contains(&value).then_some(Kept::Integer(value))
        }
        Rule::Code => found.code()?.map(|code| Kept::Integer(i64::from(code))),
        Rule::Codes => list(
            found.integers()?.into_iter().filter(|code| (0..1000).contains(code)),
            Kept::Integer,
        ),
        Rule::Counts(max) => counts(found, *max)?,
        Rule::Flag => found.flag()?.map(|flag| Kept::Integer(i64::from(flag))),
        Rule::Amount(max) => Some(found.amount()?)
            .filter(|value| value.0 <= max.saturating_mul(1_000_000))
            .map(Kept::Decimal),
        Rule::Text(fits) => Some(found.text()?).filter(|text| fits(text)).map(text),
        Rule::Texts(fits) => list(found.texts()?.into_iter().filter(|text| fits(text)), text),
        Rule::One(schema) => Some(object(&found.object()?, schema)?),
        Rule::Many(schema) => {
            let inner = found.objects()?;
            let kept: Result<Vec<_>, _> =
                inner.iter().take(LIST_MAX).map(|inner| object(inner, schema)).collect();
            list(kept?.into_iter(), |kept| kept)
        }
        Rule::Inside(schema, wrapper) => Some(inside(found, schema, wrapper)?),
    })
}

fn text(text: &str) -> Kept {
    Kept::Text(text.to_owned())
}

fn list<T>(values: impl Iterator<Item = T>, keep: impl Fn(T) -> Kept) -> Option<Kept> {
    let kept: Vec<_> = values.take(LIST_MAX).map(keep).collect();
    if kept.is_empty() { None } else { Some(Kept::List(kept)) }
}

fn counted(found: &Field<'_, '_>, max: i64) -> Result<Option<Kept>, Fault> {
    let value = found.integer()?;
    if value < 0 {
        return Err(found.fault("must not be negative"));
    }
    Ok((value <= max).then_some(Kept::Integer(value)))
}

fn counts(found: &Field<'_, '_>, max: i64) -> Result<Option<Kept>, Fault> {
    let values = found.integers()?;
    if let Some(index) = values.iter().position(|value| *value < 0) {
        return Err(found.fault_at(index, "must not be negative"));
    }
    Ok(list(values.into_iter().filter(|value| *value <= max), Kept::Integer))
}

fn inside(found: &Field<'_, '_>, schema: &Schema, wrapper: &str) -> Result<Kept, Fault> {
    let document = json::parse(found.text()?.as_bytes(), &Limits::REQUEST)
        .map_err(|_inner| found.fault("must hold well-formed JSON"))?;
    let outer = found.inside(&document)?;
    let kept = match outer.object(wrapper)? {
        Some(inner) => object(&inner, schema)?,
        None => object(&outer, schema)?,
    };
    Ok(Kept::Inside(Box::new(kept)))
}

/// Requires an array that is not empty.
pub(crate) fn requires_list(fields: &Fields<'_>, key: &str) -> Result<(), Fault> {
    match (fields.list(key)?.is_empty(), fields.has(key)) {
        (true, true) => Err(fields.fault(key, "must not be empty")),
        (true, false) => Err(fields.fault(key, "is missing")),
        (false, _) => Ok(()),
    }
}

/// Requires a positive integer.
pub(crate) fn requires_positive(fields: &Fields<'_>, key: &str) -> Result<(), Fault> {
    match fields.value(key) {
        None => Err(fields.fault(key, "is missing")),
        Some(Value::Number(number)) if integer(number).is_ok_and(|value| value > 0) => Ok(()),
        Some(_) => Err(fields.fault(key, "must be a positive integer")),
    }
}
