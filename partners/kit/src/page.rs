//! The look of the partners' pages: no scripts, reloading by itself, from 320 pixels up, light and dark.

use crate::watch::Watch;
use axum::{
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::{IntoResponse, Response},
};

/// One number with its words.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What is counted.
    pub label: &'static str,
    /// How many.
    pub value: String,
}

impl Figure {
    /// Returns the figure.
    pub fn new(label: &'static str, value: &impl ToString) -> Self {
        Self { label, value: value.to_string() }
    }
}

/// What happened in the last ten seconds: the number that stands large on the page.
#[derive(Clone, Copy, Debug)]
pub struct JustNow<'a> {
    /// How many carried personal data.
    pub personal: u64,
    /// Of how many, where there are others.
    pub of: Option<u64>,
    /// What is counted, before "in the last 10 seconds".
    pub words: &'a str,
}

/// The whole page.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// Whose page it is.
    pub name: &'a str,
    /// What the partner does, in one sentence.
    pub role: &'a str,
    /// The device that the page's address asks to watch.
    pub watch: Option<Watch>,
    /// What happened in the last ten seconds.
    pub now: JustNow<'a>,
    /// The other numbers.
    pub figures: Vec<Figure>,
    /// The rest, as markup.
    pub body: String,
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
            (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        ];
        (headers, self.markup()).into_response()
    }
}

impl Page<'_> {
    /// Returns the document.
    pub fn markup(&self) -> String {
        let JustNow { personal, of, words } = self.now;
        let of = of.map(|all| format!("<small> of {all}</small>")).unwrap_or_default();
        let state = if personal > 0 { "open" } else { "closed" };
        let figures: Vec<String> = self
            .figures
            .iter()
            .map(|figure| {
                let value = escape(&figure.value);
                format!("<div><dt>{}</dt><dd>{value}</dd></div>\n", figure.label)
            })
            .collect();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta http-equiv=\"refresh\" content=\"2\">\n\
             <title>{name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <header><p class=\"kind\">Demo partner</p><h1>{name}</h1><p>{role}</p></header>\n\
             <main>\n{watch}<section class=\"now {state}\" aria-label=\"The last ten seconds\">\n\
             <p class=\"number\">{personal}{of}</p>\n\
             <p>{words} <strong>in the last 10 seconds</strong></p>\n</section>\n\
             <dl class=\"figures\">\n{figures}</dl>\n{body}</main>\n\
             <footer><p>This page reloads every two seconds. What is shown is everything that this \
             partner was told. <a href=\"/received\">As JSON</a></p>\n\
             <p>To watch one device, add <code>?watch=</code> and its id to this page's address.</p>\
             </footer>\n</body>\n</html>\n",
            name = escape(self.name),
            role = escape(self.role),
            watch = self.watch.as_ref().map(Watch::markup).unwrap_or_default(),
            figures = figures.concat(),
            body = self.body,
        )
    }
}

/// Returns the text with everything replaced that markup would read.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Returns the time of day in UTC, as `14:03:09`.
pub fn time_of_day(at_ms: i64) -> String {
    let second = at_ms.div_euclid(1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

const STYLE: &str = include_str!("page.css");

#[cfg(test)]
mod tests {
    use super::*;

    fn page(personal: u64) -> String {
        let now = JustNow { personal, of: Some(2), words: "requests" };
        let figures = vec![Figure::new("Requests", &3)];
        let (name, role) = ("North <Bidder>", "Buys ads.");
        Page { name, role, watch: None, now, figures, body: String::new() }.markup()
    }

    #[test]
    fn the_page_reloads_without_scripts_and_shows_names_as_text() {
        let markup = page(1);
        assert!(markup.contains("http-equiv=\"refresh\" content=\"2\""));
        assert!(markup.contains("North &lt;Bidder&gt;") && !markup.contains("<script"));
        assert!(markup.contains("class=\"now open\""));
        assert!(page(0).contains("class=\"now closed\""));
        assert!(page(0).contains("?watch="));
    }

    #[test]
    fn nothing_received_becomes_markup() {
        assert_eq!(escape("<a b=\"c\">&'\u{0}"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;\u{fffd}");
    }

    #[test]
    fn times_are_shown_in_utc() {
        assert_eq!(time_of_day(0), "00:00:00");
        assert_eq!(time_of_day(86_399_999), "23:59:59");
    }
}
