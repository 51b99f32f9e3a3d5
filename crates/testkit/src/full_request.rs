//! Bid requests that carry every attribute of the OpenRTB 2.6-202606 tables, and ways to change every
//! string in them.
//!
//! All values are made up: companies on example domains, addresses from documentation ranges.

use serde_json::{Map, Value, json};

/// Where the ad is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On a site.
    Site,
    /// In an app.
    App,
    /// On a public screen.
    Dooh,
}

/// What the request says of consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Every consent string, in its place of 2.6 and in that of 2.5.
    Strings,
    /// None.
    Silent,
}

/// Returns a request with every attribute that the standard has for that place.
pub fn full_request(place: Place, consent: Consent) -> Value {
    let mut request = json!({
        "id": "request-1", "imp": [imp()], "device": device(), "user": user(), "test": 0, "at": 1,
        "tmax": 8000, "wseat": ["seat-1"], "bseat": ["seat-2"], "allimps": 0, "cur": ["USD"],
        "wlang": ["en"], "wlangb": ["en-US"], "acat": ["IAB2"], "bcat": ["IAB25"], "cattax": 1,
        "badv": ["rival.example"], "bapp": ["com.example.rival"], "source": source(),
        "regs": { "coppa": 0, "gdpr": 0, "gpp_sid": [], "ext": { "gpc": "0", "dsa": dsa() } },
        "ext": { "schain": schain() },
    });
    match place {
        Place::Site => put(&mut request, "/site", site()),
        Place::App => put(&mut request, "/app", app()),
        Place::Dooh => put(&mut request, "/dooh", dooh()),
    }
    if consent == Consent::Strings {
        for (path, text) in [
            ("/regs/us_privacy", "1YNN"),
            ("/regs/gpp", "DBAA"),
            ("/regs/ext/us_privacy", "1YNN"),
            ("/regs/ext/gpp", "DBAA"),
            ("/user/consent", "consent"),
            ("/user/ext/consent", "consent"),
        ] {
            put(&mut request, path, json!(text));
        }
        put(&mut request, "/regs/gpp_sid", json!([7]));
    }
    request
}

/// Sets a value at a JSON pointer whose parent is an object; nothing happens where it is not.
pub fn put(value: &mut Value, pointer: &str, new: Value) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(map)) = value.pointer_mut(parent) {
        map.insert(key.to_owned(), new);
    }
}

/// Changes every string. The path names fields only, like `imp.banner.mimes`, also within the JSON text of
/// a native request.
pub fn each_string(value: &mut Value, change: &mut dyn FnMut(&str, &mut String)) {
    walk(value, "", change);
}

fn walk(value: &mut Value, path: &str, change: &mut dyn FnMut(&str, &mut String)) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(inner, &at, change);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, path, change)),
        Value::String(text) if path == "imp.native.request" => {
            inside(text, |inner| walk(inner, path, change));
        }
        Value::String(text) => change(path, text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Adds keys to every object at every depth, also within the JSON text of a native request.
pub fn each_object(value: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                match inner {
                    Value::String(text) if key == "request" => {
                        inside(text, |inner| each_object(inner, change));
                    }
                    other => each_object(other, change),
                }
            }
            change(map);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_object(item, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn inside(text: &mut String, change: impl FnOnce(&mut Value)) {
    if let Ok(mut inner) = serde_json::from_str(text) {
        change(&mut inner);
        *text = inner.to_string();
    }
}

fn imp() -> Value {
    json!({
        "id": "imp-1", "metric": [{ "type": "viewability", "value": 0.7, "vendor": "vendor.example" }],
        "banner": banner(), "video": video(), "audio": audio(), "native": native(),
        "pmp": { "private_auction": 0, "deals": [deal()] },
        "displaymanager": "Example Player", "displaymanagerver": "3.1", "instl": 0, "tagid": "feed-top",
        "bidfloor": 0.25, "bidfloorcur": "USD", "clickbrowser": 1, "secure": 1,
        "iframebuster": ["buster.example"], "rwdd": 0, "ssai": 0, "exp": 300,
        "qty": { "multiplier": 1.5, "sourcetype": 1, "vendor": "vendor.example" },
        "dt": 1_700_000_000_000_i64,
        "refresh": { "refsettings": [{ "reftype": 1, "minint": 30 }], "count": 3 },
        "ext": { "skadn": { "version": "2.0", "sourceapp": "1" }, "gpid": "/1/home", "data": { "slot": "s" } },
    })
}

fn banner() -> Value {
    json!({
        "format": [
            { "w": 300, "h": 250 },
            { "wratio": 6, "hratio": 5, "wmin": 300 },
        ],
        "w": 300, "h": 250, "btype": [4], "battr": [13], "pos": 1, "mimes": ["image/png"], "topframe": 1,
        "expdir": [2], "api": [7], "id": "banner-1", "vcm": 0,
    })
}

fn durations() -> Value {
    json!([{ "mindur": 1, "maxdur": 15, "bidfloor": 0.5 }])
}

fn video() -> Value {
    json!({
        "mimes": ["video/mp4"], "minduration": 5, "maxduration": 30, "startdelay": 0, "maxseq": 2,
        "poddur": 60, "protocols": [7], "protocol": 7, "w": 640, "h": 360, "podid": "pod-1", "podseq": 0,
        "rqddurs": [15], "placement": 1, "plcmt": 1, "linearity": 1, "skip": 1, "skipmin": 5, "skipafter": 5,
        "sequence": 1, "slotinpod": 0, "mincpmpersec": 0.01, "battr": [13], "maxextended": 10,
        "minbitrate": 300, "maxbitrate": 1500, "boxingallowed": 1, "playbackmethod": [2], "playbackend": 1,
        "delivery": [2], "pos": 1, "companionad": [banner()], "api": [7], "companiontype": [1],
        "poddedupe": [1], "durfloors": durations(),
    })
}

fn audio() -> Value {
    json!({
        "mimes": ["audio/mp4"], "minduration": 5, "maxduration": 30, "poddur": 60, "protocols": [9],
        "startdelay": 0, "rqddurs": [15], "podid": "pod-2", "podseq": 0, "sequence": 1, "slotinpod": 0,
        "mincpmpersec": 0.01, "battr": [13], "maxextended": 10, "minbitrate": 32, "maxbitrate": 320,
        "delivery": [2], "companionad": [banner()], "api": [7], "companiontype": [1], "maxseq": 2,
        "feed": 1, "stitched": 0, "nvol": 1, "durfloors": durations(),
    })
}

fn native() -> Value {
    let request = json!({
        "ver": "1.2", "context": 1, "contextsubtype": 11, "plcmttype": 1, "plcmtcnt": 1, "seq": 0,
        "assets": [
            { "id": 1, "required": 1, "title": { "len": 90 } },
            { "id": 2, "img": { "type": 3, "w": 300, "wmin": 200, "h": 250, "hmin": 150, "mimes": ["image/png"] } },
            { "id": 3, "video": { "mimes": ["video/mp4"], "minduration": 5, "maxduration": 30, "protocols": [7] } },
            { "id": 4, "data": { "type": 2, "len": 90 } },
        ],
        "aurlsupport": 0, "durlsupport": 0, "eventtrackers": [{ "event": 1, "methods": [1] }], "privacy": 1,
    });
    json!({ "request": request.to_string(), "ver": "1.2", "api": [7], "battr": [13] })
}

fn deal() -> Value {
    json!({
        "id": "deal-1", "bidfloor": 2.5, "bidfloorcur": "USD", "at": 3, "wseat": ["seat-1"],
        "wadomain": ["advertiser.example"], "guar": 0, "mincpmpersec": 0.01, "durfloors": durations(),
    })
}

fn schain() -> Value {
    let node = json!({
        "asi": "exchange.example", "sid": "seller-1", "rid": "request-1", "name": "Example Seller",
        "domain": "seller.example", "hp": 1,
    });
    json!({ "complete": 1, "nodes": [node], "ver": "1.0" })
}

fn source() -> Value {
    json!({
        "fd": 1, "tid": "transaction-1", "pchain": "chain", "schain": schain(),
        "ext": { "schain": schain(), "omidpn": "Example", "omidpv": "1.0" },
    })
}

fn dsa() -> Value {
    json!({
        "dsarequired": 1, "pubrender": 0, "datatopub": 1,
        "transparency": [{ "domain": "platform.example", "dsaparams": [1] }],
    })
}

fn party(name: &str) -> Value {
    json!({ "id": format!("{name}-1"), "name": name, "cattax": 1, "cat": ["IAB1"], "domain": "party.example" })
}

fn content() -> Value {
    json!({
        "id": "content-1", "episode": 3, "title": "A title", "series": "A series", "season": "Season 2",
        "artist": "An artist", "genre": "drama", "gtax": 9, "genres": ["drama"], "album": "An album",
        "isrc": "XX-YYY-00-00000", "producer": party("producer"), "url": "https://news.example/article/7",
        "cattax": 1, "cat": ["IAB1"], "prodq": 1, "context": 1, "contentrating": "PG", "userrating": "4",
        "qagmediarating": 1, "keywords": "one,two", "kwarray": ["one", "two"], "livestream": 0,
        "realtime": 0, "firstbroadcast": 0, "sourcerelationship": 1, "len": 90, "language": "en",
        "langb": "en", "embeddable": 0, "data": [data()], "videoquality": 1,
        "network": { "id": "network-1", "name": "A network", "domain": "network.example" },
        "channel": { "id": "channel-1", "name": "A channel", "domain": "channel.example" },
    })
}

fn site() -> Value {
    json!({
        "id": "demo-news", "name": "A site", "domain": "news.example", "cattax": 1, "cat": ["IAB1"],
        "sectioncat": ["IAB1"], "pagecat": ["IAB1"], "page": "https://news.example/article/7",
        "ref": "https://search.example/?q=news", "search": "news", "mobile": 1, "privacypolicy": 1,
        "publisher": party("publisher"), "content": content(), "keywords": "one,two",
        "kwarray": ["one"], "inventorypartnerdomain": "partner.example",
    })
}

fn app() -> Value {
    json!({
        "id": "demo-reader", "name": "An app", "bundle": "com.example.reader", "domain": "reader.example",
        "storeurl": "https://store.example/apps/reader?u=1", "cattax": 1, "cat": ["IAB1"],
        "sectioncat": ["IAB1"], "pagecat": ["IAB1"], "ver": "5.1.0", "privacypolicy": 1, "paid": 0,
        "publisher": party("publisher"), "content": content(), "keywords": "one,two", "kwarray": ["one"],
        "inventorypartnerdomain": "partner.example",
    })
}

fn dooh() -> Value {
    json!({
        "id": "screen-1", "name": "A screen", "venuetype": ["205"], "venuetypetax": 1,
        "publisher": party("publisher"), "domain": "screens.example", "keywords": "one,two",
        "content": content(),
    })
}

fn geo() -> Value {
    json!({
        "lat": 40.7, "lon": -74.0, "type": 2, "accuracy": 500, "lastfix": 60, "ipservice": 3,
        "country": "USA", "region": "NY", "regionfips104": "US36", "metro": "501", "city": "Example City",
        "zip": "00000", "utcoffset": -300,
    })
}

fn device() -> Value {
    json!({
        "geo": geo(), "dnt": 0, "lmt": 0, "ua": "Mozilla/5.0 (Linux; Android 15; EP-7)", "sua": sua(),
        "ip": "203.0.113.77", "ipv6": "2001:db8:1:2:3:4:5:6", "devicetype": 4, "make": "Example Phones",
        "model": "EP-7", "os": "Android", "osv": "15", "hwv": "7S", "h": 2556, "w": 1179, "ppi": 460,
        "pxratio": 3.0, "js": 1, "geofetch": 0, "flashver": "10.1", "language": "en", "langb": "en-US",
        "carrier": "Example Mobile", "mccmnc": "310-005", "connectiontype": 2,
        "ifa": "6d92078a-8246-4ba4-ae5b-76104861e7dc", "didsha1": "digest", "didmd5": "digest",
        "dpidsha1": "digest", "dpidmd5": "digest", "macsha1": "digest", "macmd5": "digest",
        "ext": { "ifa_type": "aaid", "atts": 3, "ifv": "8d92078a-8246-4ba4-ae5b-76104861e7dc" },
    })
}

fn sua() -> Value {
    json!({
        "browsers": [{ "brand": "Example Browser", "version": ["120", "0"] }],
        "platform": { "brand": "Android", "version": ["15"] },
        "mobile": 1, "architecture": "arm", "bitness": "64", "model": "EP-7", "source": 2,
    })
}

fn data() -> Value {
    let segment = json!({ "id": "segment-1", "name": "A segment", "value": "1" });
    json!({
        "id": "data-1", "name": "data.example", "cids": ["content-1"], "segment": [segment],
        "ext": { "segtax": 4, "segclass": "1" },
    })
}

fn user() -> Value {
    json!({
        "id": "account-1", "buyeruid": "buyer-1", "yob": 1990, "gender": "M", "keywords": "one,two",
        "kwarray": ["one"], "customdata": "custom", "geo": geo(), "data": [data()],
        "eids": [{
            "inserter": "inserter.example", "source": "source.example", "matcher": "matcher.example", "mm": 3,
            "uids": [{ "id": "uid-1", "atype": 3, "ext": { "stype": "ppuid" } }],
        }],
        "ext": {
            "eids": [{ "source": "source.example", "uids": [{ "id": "uid-1", "atype": 3 }] }],
            "sluicegate": { "browser_id": "browser-1" },
        },
    })
}
