//! What is wrong with the files, in words.

use std::{cell::RefCell, fmt};

/// One thing wrong in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The field, for example `partnership[north-bids].endpoint.url`; empty for the whole file.
    pub field: String,
    /// What is wrong: the rest of a sentence that begins with the field.
    pub problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, field, problem } = self;
        match field.as_str() {
            "" => write!(formatter, "{file}: {problem}"),
            field => write!(formatter, "{file}: {field} {problem}"),
        }
    }
}

/// Collects the problems of one file.
#[derive(Debug)]
pub(crate) struct Report {
    file: String,
    problems: RefCell<Vec<Problem>>,
}

impl Report {
    pub(crate) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), problems: RefCell::new(Vec::new()) }
    }

    pub(crate) fn add(&self, field: impl Into<String>, problem: impl Into<String>) {
        self.problems.borrow_mut().push(Problem {
            file: self.file.clone(),
            field: field.into(),
            problem: problem.into(),
        });
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}
