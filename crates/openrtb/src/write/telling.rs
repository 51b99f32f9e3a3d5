//! Fields of one category, written and told at once.

use crate::written::Written;
use sluicegate_gate::{Category, Personal, Told};
use std::{fmt::Display, sync::Arc};

/// Some fields and their values.
pub(super) struct Part {
    pub(super) written: Written,
    pub(super) told: Arc<[Told]>,
}

/// Fields on the way.
pub(super) struct Telling {
    category: Category,
    written: Written,
    told: Vec<Told>,
}

impl Telling {
    /// Makes room for that many fields.
    pub(super) fn of(category: Category, fields: usize) -> Self {
        let written = Written::with_capacity(fields * USUAL_BYTES);
        Self { category, written, told: Vec::with_capacity(fields) }
    }

    /// Returns whether it is there and fits its grammar.
    pub(super) fn text(
        &mut self,
        field: &'static str,
        value: Option<&Personal<String>>,
        fits: fn(&str) -> bool,
    ) -> bool {
        let text = value.map(Personal::open).filter(|text| fits(text));
        if let Some(text) = text {
            self.written.text(key(field), text);
            self.tell(field, text.clone());
        }
        text.is_some()
    }

    pub(super) fn integer(&mut self, field: &'static str, value: Option<impl Into<i64>>) {
        if let Some(value) = value.map(Into::into) {
            self.number(field, itoa::Buffer::new().format(value).to_owned());
        }
    }

    /// Takes a number that is written out.
    pub(super) fn number(&mut self, field: &'static str, digits: String) {
        self.written.plain(key(field), &digits);
        self.tell(field, digits);
    }

    pub(super) fn shown(&mut self, field: &'static str, value: Option<impl Display>) {
        if let Some(text) = value.map(|value| value.to_string()) {
            self.written.text(key(field), &text);
            self.tell(field, text);
        }
    }

    /// Takes an object that is told as a whole.
    pub(super) fn object(&mut self, field: &'static str, fields: Written) {
        self.written.object(key(field), |object| object.join(&fields));
        self.tell(field, fields.into_object());
    }

    fn tell(&mut self, field: &'static str, value: String) {
        self.told.push(Told { category: self.category, field: field.into(), value });
    }

    pub(super) fn done(self) -> Part {
        Part { written: self.written, told: self.told.into() }
    }
}

/// The key of a field is the last part of its place.
fn key(field: &'static str) -> &'static str {
    field.rsplit('.').next().unwrap_or(field)
}

/// Room made for a field: most take less.
const USUAL_BYTES: usize = 24;
