//! What the log commits to for each sheet: a short text, so that anybody can read it.
//!
//! ```text
//! sluicegate-sheet/1
//! sheet 12
//! packs 1041 1117
//! rows 2210
//! root zH4SHoeXpsM8vTZ9zAqUQW0vWz9CKsZfRP0wYzj5UKE=
//! marks 0mDmlOYrWzCAYhXEp0IWPxfzGhGb5jGqiCJoahQQPSQ=
//! ```
//!
//! `packs` are the first number that can be in the sheet and the last that is; the next sheet begins behind it.
//! `rows` counts its rows, heads of packs included; `root` is the root of the tree over them, and `marks` the
//! SHA-256 of the marks by which a changed row is found (see [`crate::log::sheet`]).

use super::tree::Hash;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

const FIRST_LINE: &str = "sluicegate-sheet/1";

/// One entry of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number of the sheet, which is that of the entry.
    pub sheet: u64,
    /// The first number that a pack of it can have.
    pub first: u64,
    /// The number of its last pack.
    pub last: u64,
    /// How many rows it has.
    pub rows: u64,
    /// The root over them.
    pub root: Hash,
    /// SHA-256 of its marks.
    pub marks: Hash,
}

impl Entry {
    /// Returns the entry as the log has it.
    pub fn text(&self) -> String {
        let Self { sheet, first, last, rows, root, marks } = self;
        let (root, marks) = (BASE64.encode(root), BASE64.encode(marks));
        format!(
            "{FIRST_LINE}\nsheet {sheet}\npacks {first} {last}\nrows {rows}\nroot {root}\nmarks {marks}\n"
        )
    }

    /// Reads an entry; what is written in another way than [`Self::text`] does is none.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.split_terminator('\n');
        lines.next().filter(|line| *line == FIRST_LINE)?;
        let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let hash = |text: &str| BASE64.decode(text).ok()?.try_into().ok();
        let sheet = value("sheet")?.parse().ok()?;
        let (first, last) = value("packs")?.split_once(' ')?;
        let entry = Self {
            sheet,
            first: first.parse().ok()?,
            last: last.parse().ok()?,
            rows: value("rows")?.parse().ok()?,
            root: hash(value("root")?)?,
            marks: hash(value("marks")?)?,
        };
        (entry.text() == text).then_some(entry)
    }
}
