//! One table of a file, from which fields are taken one by one.

use crate::problem::Report;
use toml::{Table, Value};

/// A table whose fields are taken out as they are read. What is left at the end is unknown and
/// reported, so a misspelt field cannot be overlooked.
pub(super) struct Section<'r> {
    report: &'r Report,
    path: String,
    table: Table,
}

impl<'r> Section<'r> {
    pub(super) fn new(report: &'r Report, path: String, table: Table) -> Self {
        Self { report, path, table }
    }

    /// Returns whether the field is there, right or wrong.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// Reports a problem with one of its fields.
    pub(super) fn complain(&self, name: &str, problem: impl Into<String>) {
        self.report.add(self.field(name), problem);
    }

    /// Takes a field that must be there.
    pub(super) fn required<T>(
        &mut self,
        name: &str,
        read: impl Fn(&Value) -> Result<T, String>,
    ) -> Option<T> {
        if !self.has(name) {
            self.complain(name, "is missing");
        }
        self.optional(name, read)
    }

    /// Takes a field that may be there. `None` also where it is wrong; that has been reported.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        read: impl Fn(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.table.remove(name)?;
        match read(&value) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.complain(name, problem);
                None
            }
        }
    }

    /// Takes a table within this one.
    pub(super) fn section(&mut self, name: &str) -> Option<Self> {
        if let Value::Table(table) = self.table.remove(name)? {
            return Some(Self::new(self.report, self.field(name), table));
        }
        self.complain(name, format!("must be a table, written [{name}]"));
        None
    }

    /// Takes a list of tables within this one. Problems name each by its `id`, else by its place.
    pub(super) fn sections(&mut self, name: &str) -> Vec<Self> {
        let wrong = format!("must be a list of tables, each written [[{name}]]");
        let values = match self.table.remove(name) {
            None => return Vec::new(),
            Some(Value::Array(values)) => values,
            Some(_) => {
                self.complain(name, wrong);
                return Vec::new();
            }
        };
        let mut sections = Vec::with_capacity(values.len());
        for (place, value) in values.into_iter().enumerate() {
            if let Value::Table(table) = value {
                let label = match table.get("id").and_then(Value::as_str) {
                    Some(id) if super::values::is_identifier(id) => id.to_owned(),
                    _ => (place + 1).to_string(),
                };
                let path = format!("{}[{label}]", self.field(name));
                sections.push(Self::new(self.report, path, table));
            } else {
                self.complain(name, wrong.clone());
            }
        }
        sections
    }

    /// Reports every field that nobody took.
    pub(super) fn finish(self) {
        for name in self.table.keys() {
            self.complain(name, "is not a field that exists here");
        }
    }

    fn field(&self, name: &str) -> String {
        match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }
}
