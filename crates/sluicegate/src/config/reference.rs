//! Every configuration key, for `docs/configuration.md` and for the checks that nothing is missing.

use std::fmt::Write;

/// What a key is when it is not set.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Default {
    /// A whole number.
    Number(i64),
    /// A text.
    Text(&'static str),
    /// A list, empty when not set.
    List,
    /// A switch that the program decides when it is not set.
    None,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) default: Default,
    pub(crate) words: &'static str,
}

const fn key(name: &'static str, unit: &'static str, default: Default, words: &'static str) -> Key {
    Key { name, unit, default, words }
}

/// All keys outside the lists `[[api_key]]` and `[partnership.ID]`.
pub(crate) const KEYS: [Key; 70] = [
    key(
        "platform.name",
        "text",
        Default::Text("the platform"),
        "The platform's name, as people read it on the pages.",
    ),
    key(
        "platform.domain",
        "host name",
        Default::Text("platform.example"),
        "The platform's domain: the audience of sign-in tokens where `signin.audience` is not set. What partners see of the platform is the register's `[publisher]`.",
    ),
    key(
        "listen.address",
        "address:port",
        Default::Text("127.0.0.1:8080"),
        "Where the gateway listens. Port 0 takes a free one.",
    ),
    key(
        "listen.origins",
        "list of origins",
        Default::List,
        "Web origins that may call `/openrtb2/auction` from a browser, each like `https://news.example`.",
    ),
    key(
        "listen.public_url",
        "origin",
        Default::Text(""),
        "Where browsers reach the gateway, like `https://ads.platform.example`. The addresses at which they report that an ad was shown begin with it. Empty: while the gateway listens on a loopback address, that; otherwise bids carry no such address.",
    ),
    key(
        "listen.proxies",
        "proxies, 0 to 8",
        Default::Number(0),
        "How many of the platform's own proxies stand before the gateway, each adding the address that it was called from to `X-Forwarded-For`. Limits for clients go by the address that the outermost of them names; 0: by where the connection comes from.",
    ),
    key(
        "listen.connections_per_client",
        "connections, 10 to 10000",
        Default::Number(2_000),
        "How many connections one client may have open at once, of 10,000 that all together may; a further one is closed at once. Of an IPv6 address the network (/64) counts. Where `listen.proxies` is not 0 the connections are the proxies', and only the limit of all together holds.",
    ),
    key(
        "store.data_dir",
        "folder",
        Default::Text("sluicegate-data"),
        "Where the embedded store and the master key are kept.",
    ),
    key(
        "store.free_mib_min",
        "MiB, 0 to 1073741824",
        Default::Number(1),
        "While less is free on the disk of `store.data_dir`, the gateway says that it is not ready (`/readyz`), before anything fails. It is looked every second. 0: never.",
    ),
    key(
        "settings.takes_effect_within_ms",
        "milliseconds, 1000 to 60000",
        Default::Number(5_000),
        "The longest time until a choice is in force everywhere. A gateway that cannot prove that its view is fresher than this withholds (P4).",
    ),
    key(
        "settings.refresh_every_ms",
        "milliseconds, 50 to 10000",
        Default::Number(500),
        "How often the view is confirmed against the store. At most a quarter of `takes_effect_within_ms`.",
    ),
    key(
        "ledger.roll_after_days",
        "days, 1 to 3650",
        Default::Number(30),
        "After how many days what was told, and the leaves of the record, move from the database into Parquet files in `records` of the data directory.",
    ),
    key(
        "ledger.keep_days",
        "days, 30 to 3650",
        Default::Number(730),
        "For how many days what each person was told of, and what was withheld, is kept at least. It is kept longer for a partnership whose `retention_days` in any edition of the register are more.",
    ),
    key(
        "ledger.export_people",
        "true or false",
        Default::None,
        "Whether an operator may export who was concerned by an incident, as keyed hashes. Not set: no.",
    ),
    key(
        "exchange.tmax_default_ms",
        "milliseconds, 10 to 10000",
        Default::Number(200),
        "The time for an auction whose request has no `tmax`.",
    ),
    key(
        "exchange.tmax_max_ms",
        "milliseconds, 10 to 10000",
        Default::Number(1_000),
        "The longest `tmax` that is honoured.",
    ),
    key(
        "exchange.margin_ms",
        "milliseconds, 0 to 1000",
        Default::Number(20),
        "What is kept back of `tmax` for the auction and the way back. `exchange.tmax_default_ms` and `exchange.tmax_max_ms` must be at least 10 ms more: partners would have no time.",
    ),
    key(
        "exchange.list_people_min",
        "people, 1 to 1000000",
        Default::Number(100),
        "How many people must be on a partner's list before it is used: a list of few people is as good as a name.",
    ),
    key(
        "exchange.auctions_max",
        "auctions, 1 to 1000000",
        Default::Number(2_000),
        "How many auctions may be under way at once, of callers without a key (browsers) half as many. A further one is refused with 503 before it is read, and nobody is told of it.",
    ),
    key(
        "exchange.auctions_per_client_max",
        "auctions, 1 to 10000",
        Default::Number(64),
        "How many of these one client without a key may have under way. A client is known as for `pages.requests_per_minute`.",
    ),
    key(
        "exchange.behind_max_ms",
        "milliseconds, 10 to 10000",
        Default::Number(25),
        "While what the gateway has to do waits for its turn for longer than this, or its records four times as long to become durable, auctions are refused with 503.",
    ),
    key(
        "exchange.answers_mib_max",
        "MiB, 1 to 65536",
        Default::Number(256),
        "How much of bid responses is held at once, unpacked, from their coming until their auctions are over. Each partnership that bids has an equal share, 1 MiB at least; an answer beyond it is not read and does not bid (`no_room`), and the others' are untouched.",
    ),
    key(
        "exchange.rates_file",
        "file",
        Default::Text(""),
        "JSON file with exchange rates, `{\"dataAsOf\": \"2026-11-25\", \"conversions\": {\"USD\": {\"EUR\": 0.93}}}`, at most 1 MiB; looked at every 30 seconds. Not set: money of another currency is not converted.",
    ),
    key(
        "exchange.rates_age_max_h",
        "hours, 1 to 720",
        Default::Number(96),
        "How old exchange rates may be, from the beginning of the day that they are of. Older ones convert nothing.",
    ),
    key(
        "exchange.billing_retry_faster_by",
        "times, 1 to 10000",
        Default::Number(1),
        "Shortens the pauses between the attempts of a billing notice (0 s, 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 2 h, 4 h, 8 h, 8 h) so many times, for trials.",
    ),
    key(
        "measurement.idle_ms",
        "milliseconds, 10 to 60000",
        Default::Number(200),
        "How long a delivery waits before it looks for new exposures.",
    ),
    key(
        "measurement.retry_faster_by",
        "times, 1 to 10000",
        Default::Number(1),
        "Shortens the pauses of the retry schedule (0 s, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h) so many times, for trials. 1 is the standard's own.",
    ),
    key(
        "measurement.batch_age_ms",
        "milliseconds, 0 to 60000",
        Default::Number(1_000),
        "How long the first exposure of a message that is not full waits for others.",
    ),
    key(
        "measurement.replay_days",
        "days, 0 to 37",
        Default::Number(7),
        "How long after it happened an exposure that every partnership has passed is kept, encrypted, so that it can be told again.",
    ),
    key(
        "measurement.lookups_per_day_max",
        "conversions, 0 to 1000000000",
        Default::Number(1_000_000),
        "How many new installs and returns to an app one partnership may report in a day (UTC). What comes beyond is refused with 429.",
    ),
    key(
        "measurement.lookups_per_device_per_day_max",
        "conversions, 1 to 1000",
        Default::Number(10),
        "How many new installs and returns one partnership may report in a day about one device and advertiser, so that devices cannot be tried out. While the key behind device ids rotates a device has an id under each generation that holds, and the number is shared out equally among them, at least one each.",
    ),
    key(
        "measurement.events_per_day_max",
        "events, 0 to 10000000000",
        Default::Number(10_000_000),
        "How many new events in apps one partnership may report in a day (UTC). They ask for no touch, so they are counted apart.",
    ),
    key(
        "measurement.events_per_device_per_day_max",
        "events, 1 to 100000",
        Default::Number(1_000),
        "How many new events in apps one partnership may report in a day about one device and advertiser; shared out while keys rotate, as that of installs and returns is.",
    ),
    key(
        "measurement.people_off",
        "`exclude` or `totals`",
        Default::Text("exclude"),
        "Whether advertisers' reports hold people who turned sharing off: in no form, or in totals with differential privacy.",
    ),
    key(
        "measurement.epsilon_month_thousandths",
        "thousandths, 30 to 10000",
        Default::Number(1_000),
        "The epsilon of those totals about any one person, for each advertiser and month; delta is 0. A month keeps the one it began with.",
    ),
    key(
        "measurement.apple_ad_networks",
        "list of ids",
        Default::List,
        "The platform's ids as an ad network, as Apple gave them. Postbacks for others are not counted.",
    ),
    key(
        "recall.every_ms",
        "milliseconds, 100 to 86400000",
        Default::Number(300_000),
        "How often it is worked out what partners must be told to forget or correct, and messages are made of it.",
    ),
    key(
        "recall.people_min",
        "whole number, 1 to 1000000",
        Default::Number(20),
        "A message is made once it would hold ids of so many people, so that it does not tell which belong together.",
    ),
    key(
        "recall.wait_max_ms",
        "milliseconds, 0 to 604800000",
        Default::Number(86_400_000),
        "It is made all the same once the first of them has waited so long.",
    ),
    key(
        "recall.retry_faster_by",
        "whole number, 1 to 10000",
        Default::Number(1),
        "Divides the waits between attempts to tell a partner. Leave it at 1 outside tests and demos.",
    ),
    key(
        "canary.probe_every_ms",
        "milliseconds, 500 to 3600000",
        Default::Number(60_000),
        "How often the canaries run through every path (P12). If no run ends well for three times as long, that is an alarm.",
    ),
    key(
        "ledger.origin",
        "text",
        Default::Text(""),
        "The name of the log over the record, which its checkpoints and its key carry: once in use it stays. Not set: `platform.domain` and `/ledger`.",
    ),
    key(
        "ledger.sheet_every_ms",
        "milliseconds",
        Default::Number(1_000),
        "How often the log takes in what was recorded, and signs: 100 to 3,600,000.",
    ),
    key(
        "ledger.witnesses",
        "list of keys",
        Default::List,
        "Witnesses whose cosignatures of checkpoints are kept and served, each by its key like `witness.example+c1d2e3f4+BAbc…` (C2SP `tlog-cosignature`, version 1).",
    ),
    key(
        "egress.addresses",
        "`public` or `loopback`",
        Default::Text("public"),
        "Which addresses partners may have. `loopback` additionally allows 127.0.0.0/8 and ::1, for a trial on one machine.",
    ),
    key(
        "signin.public_key_file",
        "file",
        Default::Text(""),
        "PEM file with the public key (Ed25519, RSA or P-256) that the platform signs sign-in tokens with. Empty: nobody can sign in.",
    ),
    key(
        "signin.audience",
        "text",
        Default::Text(""),
        "The `aud` that a sign-in token must carry. Empty means the platform's domain.",
    ),
    key(
        "signin.token_lifetime_max_s",
        "seconds, 10 to 86400",
        Default::Number(600),
        "How long a sign-in token may live at most, from `iat` to `exp`.",
    ),
    key(
        "signin.url",
        "address",
        Default::Text(""),
        "Where a signed-out person is sent to sign in.",
    ),
    key(
        "signin.secure_cookies",
        "true or false",
        Default::None,
        "Whether cookies are sent over HTTPS only. Not set: yes, unless the gateway listens on a loopback address.",
    ),
    key(
        "oidc.issuer",
        "address",
        Default::Text(""),
        "The platform's identity provider (OpenID Connect), exactly as it writes its own name. Set: people sign in there, beside the tokens of `signin`; `listen.public_url` must be set too. Its addresses are held to `egress.addresses`.",
    ),
    key(
        "oidc.client_id",
        "text",
        Default::Text(""),
        "The gateway's name at the identity provider. What is registered there: the code flow, and `listen.public_url` with `pages.path` and `/signin/callback` behind it as the address to come back to.",
    ),
    key(
        "oidc.client_secret_file",
        "file",
        Default::Text(""),
        "File with the gateway's secret there. Not set: a public client, which proves itself with PKCE alone.",
    ),
    key(
        "oidc.account_claim",
        "claim",
        Default::Text("sub"),
        "The claim of the ID token that is the account's id, the same as in `user.id` and `account`.",
    ),
    key(
        "pages.path",
        "path",
        Default::Text(""),
        "Where the pages live below the host, like `/privacy`, for a platform that passes a part of its own address on to the gateway, path and all. It begins with no address of the interfaces, like `/v1` or `/metrics`, and is none of the pages themselves, like `/settings`. Empty: at the root.",
    ),
    key(
        "pages.frame_ancestors",
        "list of origins",
        Default::List,
        "Origins whose pages may show the gateway's in a frame. Empty: nobody may.",
    ),
    key(
        "pages.accent",
        "colour, `#rrggbb`",
        Default::Text(""),
        "Links and buttons, where the reader's system is light. What stands on it is chosen to be read. A colour that people could not read, or read something on, by WCAG 2.2 AA is refused at the start.",
    ),
    key("pages.accent_dark", "colour", Default::Text(""), "The same where it is dark."),
    key("pages.ink", "colour", Default::Text(""), "Text, in the light."),
    key("pages.ink_dark", "colour", Default::Text(""), "Text, in the dark."),
    key("pages.paper", "colour", Default::Text(""), "Behind everything, in the light."),
    key("pages.paper_dark", "colour", Default::Text(""), "Behind everything, in the dark."),
    key("pages.card", "colour", Default::Text(""), "Behind what stands on cards, in the light."),
    key(
        "pages.card_dark",
        "colour",
        Default::Text(""),
        "Behind what stands on cards, in the dark.",
    ),
    key(
        "pages.logo_file",
        "file",
        Default::Text(""),
        "The platform's logo: SVG, PNG or WebP, at most 1 MiB, shown 28 pixels high. It is read at the start and served from here.",
    ),
    key(
        "pages.font_file",
        "file",
        Default::Text(""),
        "The platform's font: WOFF2, at most 1 MiB. It is read at the start and served from here.",
    ),
    key(
        "pages.requests_per_minute",
        "requests, 10 to 60000",
        Default::Number(300),
        "How many pages and downloads one client (an IPv4 address, or an IPv6 network of 64 bits) may ask for in a minute. What comes beyond is refused with 429 and `Retry-After`.",
    ),
    key(
        "pages.forms_per_minute",
        "forms, 5 to 60000",
        Default::Number(60),
        "How many forms one client may send in a minute.",
    ),
    key(
        "log.level",
        "`error`, `warn`, `info`, `debug`",
        Default::Text("info"),
        "What is logged at least.",
    ),
    key("log.format", "`text` or `json`", Default::Text("text"), "How log lines look."),
];

/// Writes `docs/configuration.md`.
pub(crate) fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         `sluicegate serve --config FILE` reads one TOML file. Unknown keys are refused; `sluicegate config check FILE`\n\
         says what is wrong without starting anything. Every key of the table can be overridden by the environment:\n\
         `SLUICEGATE_SETTINGS__TAKES_EFFECT_WITHIN_MS=3000` sets `settings.takes_effect_within_ms`; lists are separated by\n\
         commas, and an empty value empties a list. A variable with one underscore after the section, and a value that is not UTF-8, are refused.\n\n\
         | key | unit | default | what it does |\n| --- | --- | --- | --- |\n",
    );
    for key in KEYS {
        let default = match key.default {
            Default::Number(number) => format!("`{number}`"),
            Default::Text("") | Default::None => String::from("not set"),
            Default::Text(words) => format!("`{words}`"),
            Default::List => String::from("empty"),
        };
        // Writing to a string cannot fail.
        let _written =
            writeln!(text, "| `{}` | {} | {default} | {} |", key.name, key.unit, key.words);
    }
    text.push_str(
        "\n## Exchange rates\n\n\
         `exchange.rates_file` has the form in which currency files for Prebid are published. One base counts: `USD` where it is\n\
         there, else the first in the order of the alphabet, because rates of several bases need not agree. Put a new file in the\n\
         place of the old one with a rename, so that half of it is never read. A file that cannot be read is logged, and the rates\n\
         from before hold until they are too old; the gateway also starts without. `/v1/status` and `/metrics` show their day.\n\n\
         Floors are rounded up to a millionth; bids, and what they pay, down.\n",
    );
    text.push_str(
        "\n## Keys for the interfaces\n\n\
         Each `[[api_key]]` has a `name` (for the log), a `scope` (`platform`, `operator`, `partner` or `advertiser`) and `sha256`, the\n\
         SHA-256 of the key in hexadecimal digits. A partner's key also names its `partnership`, an advertiser's its\n\
         `advertiser`: the only one it opens. No two have the same name or the same hash.\n\
         `sluicegate keys new` makes a key and prints both.\n\n\
         ```toml\n[[api_key]]\nname = \"ad-server\"\nscope = \"platform\"\nsha256 = \"…64 digits…\"\n\n\
         [[api_key]]\nname = \"north\"\nscope = \"partner\"\npartnership = \"demo-bidder-north\"\nsha256 = \"…64 digits…\"\n```\n\n\
         ## Secrets of partnerships\n\n\
         `webhook_secrets` signs the batches of exposures (Standard Webhooks `v1`, `whsec_` and 24 to 64 bytes in base64).\n\
         Two secrets at once, not the same, sign during a rotation, and never more. A secret can also be issued by the gateway, and then needs no place here:\n\
         `sluicegate deliveries rotate ID --scheme v1`.\n\n\
         `endpoint_check = false` sends to an endpoint that was not asked whether it is the partner's, or did not agree. Without\n\
         it, true.\n\n\
         ```toml\n[partnership.demo-measurement]\nwebhook_secrets = [\"whsec_…\"]\nendpoint_check = true\n```\n\n\
         ## Keys behind device ids\n\n\
         `device_key_generations` says which generations of a partnership's key for device ids hold: the first makes the ids\n\
         that are told, and conversions are understood under each. Not set: `[1]`. To rotate, set `[1, 2]`, hand out\n\
         generation 2 (`sluicegate keys device`), set `[2, 1]` once the partner has it, and `[2]` after the longest window,\n\
         30 days. A touch is found under the generations that held when it came. As long as several hold, the numbers of one\n\
         device for the day are shared out among them: raise them if half is too little for a partner.\n\n\
         ```toml\n[partnership.demo-measurement]\ndevice_key_generations = [2, 1]\n```\n",

    );
    text
}

#[cfg(test)]
mod tests {
    use super::{Default, KEYS};
    use crate::config::Config;

    #[test]
    fn every_key_of_the_table_is_accepted_with_its_default() {
        for key in KEYS {
            let (section, name) = key.name.split_once('.').unwrap();
            let value = match key.default {
                Default::Number(number) => number.to_string(),
                Default::Text(text) => format!("\"{text}\""),
                Default::List => String::from("[]"),
                Default::None => String::from("true"),
            };
            let text = format!("[{section}]\n{name} = {value}\n");
            Config::parse(&text, std::iter::empty()).unwrap();
        }
    }

    #[test]
    fn every_default_of_the_table_is_the_default_of_the_program() {
        let shown = format!("{:?}", Config::default());
        for key in KEYS {
            let (_, name) = key.name.split_once('.').unwrap();
            let expected = match key.default {
                Default::Number(number) => format!("{name}: {number}"),
                Default::Text(text) => format!("{name}: {text:?}"),
                Default::List => format!("{name}: []"),
                Default::None => format!("{name}: None"),
            };
            assert!(shown.contains(&expected), "{expected}");
        }
    }

    #[test]
    fn every_key_of_the_program_is_in_the_table() {
        let shown = format!("{:?}", Config::default());
        let fields = shown.split([' ', '{', ',']).filter(|word| word.ends_with(':')).count();
        let sections = 14 + 2;
        assert_eq!(fields, KEYS.len() + sections);
    }
}
