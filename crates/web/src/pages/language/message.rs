//! A message on its way to a page, or into words that are kept.

use super::{Language, Registered, catalogue, locale};
use crate::pages::when::{Form, Written};
use askama::filters::HtmlSafe;
use fluent_bundle::{FluentArgs, FluentValue};
use std::{borrow::Cow, fmt, time::Duration};

/// A message of the catalogue with the values of its variables. Displayed, it is markup, and values are
/// escaped; [`Self::plain`] has no markup.
///
/// In a catalogue, `<strong>`, `<soft>`, `<hidden>` (read out, not shown) and `<original>` (English as it is) may
/// stand around words; any other tag is a link whose address [`Self::link`] gives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is to be shown"]
pub(crate) struct Message {
    language: Language,
    id: Cow<'static, str>,
    values: Vec<(&'static str, Value)>,
    links: Vec<(&'static str, String)>,
}

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Anything, as it is.
    Text(String),
    /// A text of the register, in the language it was written in.
    Original(Registered),
    /// A number, which may decide the form of the sentence.
    Count(u64),
    /// A length of time, in seconds to the hundredth, never made shorter.
    Seconds(Duration),
    /// A point in time.
    Time(Written),
    /// Another message.
    Message(Message),
}

/// What can be the value of a variable.
pub(crate) trait Speak {
    /// Returns the value.
    fn value(&self) -> Value;
}

impl Message {
    pub(super) fn new(language: Language, id: Cow<'static, str>) -> Self {
        Self { language, id, values: Vec::new(), links: Vec::new() }
    }

    /// Gives a variable its value.
    pub(crate) fn with(mut self, name: &'static str, value: impl Speak) -> Self {
        self.values.push((name, value.value()));
        self
    }

    /// Gives a link of the message its address.
    pub(crate) fn link(mut self, name: &'static str, address: impl fmt::Display) -> Self {
        self.links.push((name, address.to_string()));
        self
    }

    /// Returns the words alone.
    pub(crate) fn plain(&self) -> String {
        without_tags(&self.filled(|value| value.plain(self.language)))
    }

    fn filled(&self, write: impl Fn(&Value) -> String) -> String {
        let mut arguments = FluentArgs::with_capacity(self.values.len());
        for (name, value) in &self.values {
            match value {
                Value::Count(count) => arguments.set(*name, FluentValue::from(*count)),
                Value::Text(_)
                | Value::Original(_)
                | Value::Seconds(_)
                | Value::Time(_)
                | Value::Message(_) => {
                    arguments.set(*name, FluentValue::from(write(value)));
                }
            }
        }
        catalogue::filled(self.language, &self.id, &arguments)
    }

    fn tag(&self, tag: &str) -> String {
        let (is_end, name) = tag.strip_prefix('/').map_or((false, tag), |name| (true, name));
        match (name, is_end) {
            ("strong", false) => String::from("<strong>"),
            ("strong", true) => String::from("</strong>"),
            ("hidden" | "soft", false) => format!("<span class=\"{name}\">"),
            ("original", false) => String::from("<span lang=\"en\" dir=\"ltr\">"),
            ("hidden" | "soft" | "original", true) => String::from("</span>"),
            (_, true) => String::from("</a>"),
            (name, false) => {
                let address = self.links.iter().find(|(link, _)| *link == name);
                format!("<a href=\"{}\">", escaped(address.map_or("", |(_, address)| address)))
            }
        }
    }
}

impl Value {
    fn plain(&self, language: Language) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Original(text) => text.text().to_owned(),
            Self::Count(count) => locale::number(language, &count.to_string()),
            Self::Seconds(length) => locale::number(language, &seconds(*length)),
            Self::Time(written) => written_in(language, *written),
            Self::Message(message) => message.plain(),
        }
    }

    /// Writes the value with its own tags hidden from those of the message around it.
    fn markup(&self, language: Language) -> String {
        let markup = match self {
            Self::Text(text) if language.is_right_to_left() => {
                format!("<bdi>{}</bdi>", escaped(text))
            }
            Self::Text(text) => escaped(text),
            Self::Original(text) => text.to_string(),
            Self::Count(_) | Self::Seconds(_) => self.plain(language),
            Self::Time(written) => time(language, *written),
            Self::Message(message) => message.to_string(),
        };
        markup.replace('<', OPEN).replace('>', CLOSE)
    }
}

/// Noncharacters, which are never text: they stand for `<` and `>` of finished markup inside a message.
const OPEN: &str = "\u{fdd0}";
const CLOSE: &str = "\u{fdd1}";

impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filled = self.filled(|value| value.markup(self.language));
        let mut pieces = filled.split('<');
        let mut markup = String::from(pieces.next().unwrap_or_default());
        for piece in pieces {
            let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
            markup.push_str(&self.tag(tag));
            markup.push_str(text);
        }
        formatter.write_str(&markup.replace(OPEN, "<").replace(CLOSE, ">"))
    }
}

impl HtmlSafe for Message {}

fn seconds(length: Duration) -> String {
    let hundredths = length.as_millis().div_ceil(10);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Returns a time as an element that machines can read too.
pub(crate) fn time(language: Language, written: Written) -> String {
    let form = match written.form {
        Form::Clock => "clock",
        Form::Day => "day",
        Form::Full => "full",
        Form::Month => "month",
    };
    format!(
        "<time datetime=\"{}\" data-form=\"{form}\">{}</time>",
        written.moment.iso(),
        escaped(&written_in(language, written))
    )
}

fn written_in(language: Language, Written { moment, form }: Written) -> String {
    let at = moment.civil();
    match form {
        Form::Day => locale::day(language, at),
        Form::Month => locale::month(language, at),
        Form::Clock => {
            let clock = locale::clock(language, at);
            catalogue::filled(language, "clock", &FluentArgs::from_iter([("time", clock)]))
        }
        Form::Full => {
            let parts = [("day", locale::day(language, at)), ("time", locale::clock(language, at))];
            catalogue::filled(language, "day-and-clock", &FluentArgs::from_iter(parts))
        }
    }
}

fn without_tags(text: &str) -> String {
    let mut pieces = text.split('<');
    let mut plain = String::from(pieces.next().unwrap_or_default());
    for piece in pieces {
        plain.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
    }
    plain
}

pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&#38;"),
            '<' => escaped.push_str("&#60;"),
            '>' => escaped.push_str("&#62;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fdd0}' | '\u{fdd1}' => {}
            other => escaped.push(other),
        }
    }
    escaped
}

impl Speak for str {
    fn value(&self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl Speak for String {
    fn value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Speak for u64 {
    fn value(&self) -> Value {
        Value::Count(*self)
    }
}

impl Speak for u32 {
    fn value(&self) -> Value {
        Value::Count((*self).into())
    }
}

impl Speak for usize {
    fn value(&self) -> Value {
        Value::Count(u64::try_from(*self).unwrap_or(u64::MAX))
    }
}

impl Speak for Duration {
    fn value(&self) -> Value {
        Value::Seconds(*self)
    }
}

impl Speak for Written {
    fn value(&self) -> Value {
        Value::Time(*self)
    }
}

impl Speak for Message {
    fn value(&self) -> Value {
        Value::Message(self.clone())
    }
}

impl<T: Speak + ?Sized> Speak for &T {
    fn value(&self) -> Value {
        (*self).value()
    }
}
