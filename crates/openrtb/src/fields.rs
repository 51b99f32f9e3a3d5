//! Typed access to the fields of a checked object. A `null` counts as absent.

use crate::{
    document::{Children, Document, Node, Number},
    money::{Micros, MoneyError},
};

/// A field that is not what it must be.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) field: String,
    pub(crate) problem: &'static str,
}

/// An object and where it stands.
pub(crate) struct Fields<'n> {
    object: Node<'n>,
    place: Place<'n>,
}

/// Where an object stands. It is written out only for a fault.
enum Place<'n> {
    Root,
    Field(&'n Fields<'n>, &'n str),
    Element(&'n Fields<'n>, &'n str, usize),
}

fn integer(node: Node<'_>) -> Result<i64, &'static str> {
    match node.number() {
        Some(Number::Integer(value)) => Ok(value),
        Some(Number::Other(text)) => integer_of_text(text),
        None => Err("must be an integer"),
    }
}

/// An integer as the text of a JSON number gives it.
fn integer_of_text(text: &str) -> Result<i64, &'static str> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("must be an integer");
    }
    text.parse().map_err(|_overflow| "is out of range")
}

/// Takes the blanks around a text.
pub(crate) fn trim(text: &mut String) {
    let trimmed = text.trim();
    if trimmed.len() < text.len() {
        *text = trimmed.to_owned();
    }
}

impl Place<'_> {
    fn path(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Field(outer, key) => outer.at(key),
            Self::Element(outer, key, index) => outer.at(&format!("{key}[{index}]")),
        }
    }
}

impl<'n> Fields<'n> {
    pub(crate) fn root(document: &'n Document<'n>) -> Result<Self, Fault> {
        Self::of(document.root(), Place::Root)
    }

    fn of(object: Node<'n>, place: Place<'n>) -> Result<Self, Fault> {
        let fields = Self { object, place };
        if object.is_object() { Ok(fields) } else { Err(fields.fault_of_all("must be an object")) }
    }

    /// Where a field of this object stands.
    fn at(&self, key: &str) -> String {
        let mut path = self.place.path();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
        path
    }

    /// Says what is wrong with the object as a whole.
    pub(crate) fn fault_of_all(&self, problem: &'static str) -> Fault {
        let path = self.place.path();
        Fault { field: if path.is_empty() { String::from("$") } else { path }, problem }
    }

    pub(crate) fn fault(&self, key: &str, problem: &'static str) -> Fault {
        Fault { field: self.at(key), problem }
    }

    #[inline]
    fn node(&self, key: &str) -> Option<Node<'n>> {
        self.object.field(key).filter(|node| !node.is_null())
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.node(key).is_some()
    }

    /// Returns a field that is there.
    pub(crate) fn find<'s>(&'s self, key: &'s str) -> Option<Field<'s, 'n>> {
        Some(Field { of: self, key, node: self.node(key)? })
    }

    fn read<'s, T>(
        &'s self,
        key: &'s str,
        read: impl FnOnce(&Field<'s, 'n>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.find(key).as_ref().map(read).transpose()
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<&'n str>, Fault> {
        self.read(key, Field::text)
    }

    /// A string that must be there and not be empty.
    pub(crate) fn required_text(&self, key: &str) -> Result<&'n str, Fault> {
        match self.text(key)? {
            None => Err(self.fault(key, "is missing")),
            Some("") => Err(self.fault(key, "must not be empty")),
            Some(text) => Ok(text),
        }
    }

    pub(crate) fn list(&self, key: &str) -> Result<Children<'n>, Fault> {
        Ok(self.read(key, Field::list)?.unwrap_or_else(|| self.object.no_children()))
    }

    pub(crate) fn texts(&self, key: &str) -> Result<Vec<&'n str>, Fault> {
        Ok(self.read(key, Field::texts)?.unwrap_or_default())
    }

    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>, Fault> {
        self.read(key, Field::integer)
    }

    pub(crate) fn integers(&self, key: &str) -> Result<Vec<i64>, Fault> {
        Ok(self.read(key, Field::integers)?.unwrap_or_default())
    }

    /// An integer that must not be negative.
    pub(crate) fn size(&self, key: &str) -> Result<Option<u32>, Fault> {
        let Some(count) = self.read(key, Field::count)? else { return Ok(None) };
        u32::try_from(count).map(Some).map_err(|_large| self.fault(key, "is out of range"))
    }

    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, Fault> {
        Ok(self.read(key, Field::flag)?.flatten())
    }

    pub(crate) fn code(&self, key: &str) -> Result<Option<u16>, Fault> {
        Ok(self.read(key, Field::code)?.flatten())
    }

    pub(crate) fn decimal(&self, key: &str) -> Result<Option<Micros>, Fault> {
        self.read(key, Field::decimal)
    }

    pub(crate) fn amount(&self, key: &str) -> Result<Option<Micros>, Fault> {
        self.read(key, Field::amount)
    }

    /// The least that something may cost: what is finer than a millionth is rounded up.
    pub(crate) fn least(&self, key: &str) -> Result<Option<Micros>, Fault> {
        self.read(key, Field::least)
    }

    pub(crate) fn object<'s>(&'s self, key: &'s str) -> Result<Option<Fields<'s>>, Fault> {
        self.read(key, Field::object)
    }

    pub(crate) fn objects<'s>(&'s self, key: &'s str) -> Result<Vec<Fields<'s>>, Fault> {
        Ok(self.read(key, Field::objects)?.unwrap_or_default())
    }

    /// The same where none has to be there before another is read.
    pub(crate) fn each_object<'s>(
        &'s self,
        key: &'s str,
    ) -> Result<impl Iterator<Item = Result<Fields<'s>, Fault>>, Fault> {
        let elements = self.list(key)?.enumerate();
        Ok(elements.map(move |(index, node)| Fields::of(node, Place::Element(self, key, index))))
    }
}

/// A field that is there, and not `null`.
pub(crate) struct Field<'s, 'n> {
    of: &'s Fields<'n>,
    key: &'s str,
    node: Node<'n>,
}

impl<'s, 'n> Field<'s, 'n> {
    pub(crate) fn fault(&self, problem: &'static str) -> Fault {
        self.of.fault(self.key, problem)
    }

    /// Says what is wrong with an element of an array.
    pub(crate) fn fault_at(&self, index: usize, problem: &'static str) -> Fault {
        self.of.fault(&format!("{}[{index}]", self.key), problem)
    }

    pub(crate) fn text(&self) -> Result<&'n str, Fault> {
        self.node.text().ok_or_else(|| self.fault("must be a string"))
    }

    pub(crate) fn list(&self) -> Result<Children<'n>, Fault> {
        if self.node.is_list() {
            Ok(self.node.children())
        } else {
            Err(self.fault("must be an array"))
        }
    }

    pub(crate) fn texts(&self) -> Result<Vec<&'n str>, Fault> {
        self.each_text()?.collect()
    }

    /// Iterates over the strings of an array.
    pub(crate) fn each_text(&self) -> Result<impl Iterator<Item = Result<&'n str, Fault>>, Fault> {
        let text = |(index, node): (usize, Node<'n>)| {
            node.text().ok_or_else(|| self.fault_at(index, "must be a string"))
        };
        Ok(self.list()?.enumerate().map(text))
    }

    /// Returns whether one of the strings of an array fits a grammar. All are read.
    pub(crate) fn fit_any(&self, fits: fn(&str) -> bool) -> Result<bool, Fault> {
        self.each_text()?.try_fold(false, |fit, text| text.map(|text| fit || fits(text)))
    }

    pub(crate) fn integer(&self) -> Result<i64, Fault> {
        integer(self.node).map_err(|problem| self.fault(problem))
    }

    /// An integer that must not be negative.
    pub(crate) fn count(&self) -> Result<i64, Fault> {
        let value = self.integer()?;
        if value < 0 { Err(self.fault("must not be negative")) } else { Ok(value) }
    }

    pub(crate) fn integers(&self) -> Result<Vec<i64>, Fault> {
        self.each_integer()?.collect()
    }

    /// Iterates over the integers of an array.
    pub(crate) fn each_integer(&self) -> Result<impl Iterator<Item = Result<i64, Fault>>, Fault> {
        let one = |(index, node): (usize, Node<'n>)| {
            integer(node).map_err(|problem| self.fault_at(index, problem))
        };
        Ok(self.list()?.enumerate().map(one))
    }

    /// A 0 or 1; another integer is a value we do not know and counts as absent.
    pub(crate) fn flag(&self) -> Result<Option<bool>, Fault> {
        Ok(match self.integer()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        })
    }

    /// Returns whether it plainly says no, where a single value says yes or no.
    pub(crate) fn says_no(&self) -> Result<bool, Fault> {
        let node = self.node;
        if node.is_list() || node.is_object() {
            return Err(self.fault("must be a string"));
        }
        let is_zero = matches!(node.number(), Some(Number::Integer(0)));
        Ok(is_zero || node.text() == Some("0") || node.truth() == Some(false))
    }

    /// The keys of an object.
    pub(crate) fn keys(&self) -> Result<impl Iterator<Item = &'n str>, Fault> {
        if !self.node.is_object() {
            return Err(self.fault("must be an object"));
        }
        Ok(self.node.keys())
    }

    /// A code of an AdCOM list; a value that no list has counts as absent.
    pub(crate) fn code(&self) -> Result<Option<u16>, Fault> {
        Ok(u16::try_from(self.integer()?).ok().filter(|code| *code < 1000))
    }

    fn decimal(&self) -> Result<Micros, Fault> {
        self.money(Micros::parse_cpm)
    }

    fn money(&self, parse: fn(&str) -> Result<Micros, MoneyError>) -> Result<Micros, Fault> {
        let read = match self.node.number() {
            Some(Number::Integer(value)) => value.checked_mul(1_000_000).map(Micros),
            Some(Number::Other(text)) => parse(text).ok(),
            None => return Err(self.fault("must be a number")),
        };
        read.ok_or_else(|| self.fault("is out of range"))
    }

    /// A number that must not be negative.
    pub(crate) fn amount(&self) -> Result<Micros, Fault> {
        self.not_negative(self.decimal()?)
    }

    fn least(&self) -> Result<Micros, Fault> {
        self.not_negative(self.money(Micros::parse_floor)?)
    }

    fn not_negative(&self, value: Micros) -> Result<Micros, Fault> {
        if value < Micros::ZERO { Err(self.fault("must not be negative")) } else { Ok(value) }
    }

    pub(crate) fn object(&self) -> Result<Fields<'s>, Fault> {
        Fields::of(self.node, Place::Field(self.of, self.key))
    }

    pub(crate) fn objects(&self) -> Result<Vec<Fields<'s>>, Fault> {
        let place = |index| Place::Element(self.of, self.key, index);
        self.list()?.enumerate().map(|(index, node)| Fields::of(node, place(index))).collect()
    }

    /// The fields of a document that stands in it as a string.
    pub(crate) fn inside<'d>(&'d self, document: &'d Document<'d>) -> Result<Fields<'d>, Fault> {
        Fields::of(document.root(), Place::Field(self.of, self.key))
    }
}
