//! Each bid is checked, and each fault has its code.

use crate::support::{Behaviour, House, IFA, bid, bids, request, settle, with};
use serde_json::{Value, json};
use sluicegate_exchange::SeatStatus;
use sluicegate_gate::Path;
use sluicegate_signals_encoder::{Gpp, UsSection, UsSpecification};

fn bad(key: &str, value: Value) -> Value {
    with(bid("bad", 9.0), &format!("/{key}"), value)
}

/// Sends `request`, has `bad` answered alone and beside a good bid, and checks what becomes of both.
async fn assert_refused(request: &Value, bad: Value, status: SeatStatus) {
    let house = House::new().await;
    house.door.set("north", bids(std::slice::from_ref(&bad)));
    let auctioned = house.auction(request).await;
    assert_eq!(auctioned.seats[0].status, Some(status), "{bad}");
    let nonbid = &auctioned.answer.ext.seatnonbid[0].nonbid[0];
    assert_eq!(nonbid.statuscode, status.code(), "{bad}");
    let good = with(with(bid("good", 1.0), "/mtype", json!(1)), "/cat", json!(["IAB12"]));
    house.door.set("north", bids(&[bad, good]));
    let auctioned = house.auction(request).await;
    assert_eq!(auctioned.answer.seatbid[0].bid[0].id, "good");
}

/// Has one bid answered and returns what is wrong with it.
async fn alone(request: &Value, bid: Value) -> Option<SeatStatus> {
    let house = House::new().await;
    house.door.set("north", bids(&[bid]));
    house.auction(request).await.seats[0].status
}

async fn assert_passes(request: &Value, good: Value) {
    let house = House::new().await;
    house.door.set("north", bids(std::slice::from_ref(&good)));
    let auctioned = house.auction(request).await;
    assert_eq!(auctioned.seats[0].status, None, "{good}");
    assert_eq!(auctioned.answer.seatbid.len(), 1, "{good}");
}

#[tokio::test]
async fn a_bad_bid_is_refused_with_its_code_and_does_not_cost_the_good_one() {
    let north = |path: &str| json!(format!("https://north.example/{path}"));
    for (bad, status) in [
        (bad("impid", json!("2")), SeatStatus::InvalidBid),
        (bad("impid", json!("slot-7")), SeatStatus::InvalidBid),
        (bad("price", json!(0)), SeatStatus::NoPrice),
        (bad("price", json!("9")), SeatStatus::InvalidBid),
        (bad("price", json!(0.499_999)), SeatStatus::BelowFloor),
        (bad("dealid", json!("unknown")), SeatStatus::Deal),
        (bad("adm", json!(null)), SeatStatus::NoMarkup),
        (bad("crid", json!(null)), SeatStatus::NoCreativeId),
        (bad("mtype", json!(2)), SeatStatus::Format),
        (bad("mtype", json!(9)), SeatStatus::Format),
        (bad("adomain", json!(["Blocked.example"])), SeatStatus::BlockedAdvertiser),
        (bad("adomain", json!(["shop.blocked.example"])), SeatStatus::BlockedAdvertiser),
        (bad("nurl", json!("https://elsewhere.example/w")), SeatStatus::NoticeHost),
        (bad("lurl", json!("https://elsewhere.example/l")), SeatStatus::NoticeHost),
        (bad("burl", json!("https://${AUCTION_ID}/w")), SeatStatus::NoticeHost),
        (bad("burl", north(&format!("b?d={IFA}"))), SeatStatus::RepeatsIdentifier),
        (bad("lurl", north(&format!("l?d={IFA}"))), SeatStatus::RepeatsIdentifier),
        (
            bad("adm", json!(format!("<img src='//x.example/{}'>", IFA.to_uppercase()))),
            SeatStatus::RepeatsIdentifier,
        ),
    ] {
        let request = with(request(), "/badv", json!(["Blocked.Example"]));
        assert_refused(&request, bad, status).await;
    }
}

#[tokio::test]
async fn a_size_must_be_one_that_is_offered() {
    let sized = |w: u32, h: u32| with(bad("w", json!(w)), "/h", json!(h));
    let offering = |banner: Value| with(request(), "/imp/0/banner", banner);
    let two = offering(json!({"format": [{"w": 300, "h": 250}, {"w": 320, "h": 50}]}));
    assert_refused(&two, sized(300, 50), SeatStatus::Size).await;
    assert_passes(&two, sized(300, 250)).await;
    assert_passes(&two, bad("w", json!(300))).await;
    assert_passes(&two, bad("h", json!(50))).await;
    assert_refused(&two, bad("w", json!(1)), SeatStatus::Size).await;
    assert_refused(&two, bad("h", json!(300)), SeatStatus::Size).await;
    let ratio = offering(
        json!({"format": [{"w": 300, "h": 250}, {"wratio": 16, "hratio": 9, "wmin": 160}]}),
    );
    assert_passes(&ratio, sized(320, 180)).await;
    assert_passes(&ratio, bad("w", json!(160))).await;
    assert_refused(&ratio, bad("w", json!(1)), SeatStatus::Size).await;
    let full = with(offering(json!({"w": 360, "h": 640})), "/imp/0/instl", json!(1));
    assert_passes(&full, sized(300, 600)).await;
    assert_refused(&full, sized(400, 600), SeatStatus::Size).await;
    assert_passes(&full, bad("h", json!(600))).await;
    assert_refused(&full, bad("w", json!(400)), SeatStatus::Size).await;
}

/// A request for one video, as it may play.
fn playing(more: &Value) -> Value {
    let mut video = json!({"mimes": ["video/mp4"]});
    video.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut request = request();
    request["imp"][0] = json!({"id": "slot-7", "video": video});
    request
}

#[tokio::test]
async fn an_ad_plays_for_as_long_as_the_impression_offers() {
    let bounded = json!({"minduration": 6, "maxduration": 30});
    let more = json!({"maxduration": 30, "maxextended": 10});
    let endless = json!({"minduration": 6, "maxduration": 30, "maxextended": -1});
    let exact = json!({"rqddurs": [15, 30], "minduration": 5, "maxduration": 60});
    let lasting = |seconds: Value| with(bad("mtype", json!(2)), "/dur", seconds);
    for (video, seconds, is_taken) in [
        (&bounded, json!(5), false),
        (&bounded, json!(6), true),
        (&bounded, json!(30), true),
        (&bounded, json!(31), false),
        (&bounded, json!(0), true),
        (&bounded, Value::Null, true),
        (&more, json!(40), true),
        (&more, json!(41), false),
        (&more, json!(1), true),
        (&endless, json!(3_600), true),
        (&endless, json!(5), false),
        (&exact, json!(15), true),
        (&exact, json!(20), false),
        (&json!({}), json!(3_600), true),
        (&json!({"poddur": 30}), json!(30), true),
        (&json!({"poddur": 30}), json!(31), false),
        (&json!({"poddur": 30}), Value::Null, true),
        (&json!({"poddur": 20, "maxduration": 30, "maxextended": -1}), json!(25), false),
        (&json!({"poddur": 20, "rqddurs": [15, 30]}), json!(30), false),
    ] {
        let (request, bid) = (playing(video), lasting(seconds));
        let house = House::new().await;
        house.door.set("north", bids(std::slice::from_ref(&bid)));
        let status = house.auction(&request).await.seats[0].status;
        assert_eq!(status, (!is_taken).then_some(SeatStatus::Length), "{video} {bid}");
    }
    assert_eq!((SeatStatus::Length.code(), SeatStatus::Length.loss()), (350, 200));
    let mut banner = request();
    banner["imp"][0]["video"] = playing(&bounded)["imp"][0]["video"].clone();
    assert_passes(&banner, with(bad("mtype", json!(1)), "/dur", json!(31))).await;
}

fn native(blocked_attributes: &[u8]) -> Value {
    let asked = json!({"ver": "1.2", "assets": [{"id": 1, "title": {"len": 20}}]});
    json!({"request": asked.to_string(), "battr": blocked_attributes})
}

#[tokio::test]
async fn where_several_formats_are_offered_a_bid_says_which() {
    let mut both = request();
    both["imp"][0]["native"] = native(&[]);
    assert_refused(&both, bid("bad", 9.0), SeatStatus::Format).await;
    assert_refused(&both, bad("mtype", json!(3)), SeatStatus::Format).await;
    assert_passes(&both, bad("mtype", json!(4))).await;
}

#[tokio::test]
async fn blocked_attributes_are_those_of_the_bids_format() {
    let mut both = request();
    both["imp"][0]["banner"]["battr"] = json!([3]);
    both["imp"][0]["native"] = native(&[8]);
    let with_attribute =
        |mtype: u8, attr: u8| with(bad("mtype", json!(mtype)), "/attr", json!([attr]));
    assert_refused(&both, with_attribute(1, 3), SeatStatus::Attribute).await;
    assert_passes(&both, with_attribute(1, 8)).await;
    assert_refused(&both, with_attribute(4, 8), SeatStatus::Attribute).await;
}

#[tokio::test]
async fn categories_are_compared_in_one_taxonomy_with_their_parts() {
    let blocking = with(request(), "/bcat", json!(["IAB25"]));
    let cat = |cat: &str| bad("cat", json!([cat]));
    assert_refused(&blocking, cat("IAB25"), SeatStatus::Category).await;
    assert_refused(&blocking, cat("IAB25-3"), SeatStatus::Category).await;
    assert_passes(&blocking, cat("IAB2")).await;
    let other = with(cat("IAB2"), "/cattax", json!(7));
    assert_refused(&blocking, other.clone(), SeatStatus::Taxonomy).await;
    assert_passes(&request(), other).await;
    // A vendor's taxonomy, of a number as high as it likes, is neither the one of the standard nor another vendor's.
    for (blocks, bids) in [(1, 1_000), (1, 70_000), (1_000, 1), (1_000, 1_001), (70_000, 1_000)] {
        let blocking = with(blocking.clone(), "/cattax", json!(blocks));
        let other = with(cat("IAB2"), "/cattax", json!(bids));
        assert_eq!(alone(&blocking, other).await, Some(SeatStatus::Taxonomy));
        let same = |name: &str| with(cat(name), "/cattax", json!(blocks));
        assert_eq!(alone(&blocking, same("IAB25")).await, Some(SeatStatus::Category));
        assert_passes(&blocking, same("IAB2")).await;
    }
    let allowing = with(request(), "/acat", json!(["IAB12"]));
    assert_refused(&allowing, cat("IAB2"), SeatStatus::Category).await;
    assert_refused(&allowing, bid("bad", 9.0), SeatStatus::Category).await;
    assert_passes(&allowing, cat("IAB12-1")).await;
}

#[tokio::test]
async fn what_alone_is_allowed_holds_as_it_is_written_whatever_the_taxonomy() {
    let long = "a vendor's long name ".repeat(12);
    let names = ["Cars & Vans", " Shoes", "\u{fc}ber-uns", "", long.trim()];
    let cat = |names: &[&str]| with(bad("cat", json!(names)), "/cattax", json!(500));
    for only in names {
        let allowing = with(with(request(), "/acat", json!([only])), "/cattax", json!(500));
        for name in names {
            let refused = (name != only).then_some(SeatStatus::Category);
            assert_eq!(alone(&allowing, cat(&[name.trim()])).await, refused, "{only}: {name}");
        }
        let part = format!("{}-1", only.trim());
        assert_eq!(alone(&allowing, cat(&[&part])).await, Some(SeatStatus::Category), "{part}");
        assert_eq!(alone(&allowing, cat(&[])).await, Some(SeatStatus::Category));
        assert_passes(&allowing, cat(&[&only.to_ascii_uppercase()])).await;
    }
    let allowing = with(with(request(), "/acat", json!(names)), "/cattax", json!(500));
    assert_passes(&allowing, cat(&["shoes", "cars & vans"])).await;
    assert_eq!(alone(&allowing, cat(&["shoes", "boots"])).await, Some(SeatStatus::Category));
}

#[tokio::test]
async fn what_is_blocked_under_a_name_that_no_partner_is_told_is_blocked_all_the_same() {
    let apps = with(request(), "/bapp", json!(["B00KDSGIPK ", "com.example.game"]));
    let app = |bundle: &str| bad("bundle", json!(bundle));
    for blocked in ["B00KDSGIPK", " B00KDSGIPK", "com.example.game\t"] {
        assert_refused(&apps, app(blocked), SeatStatus::BlockedApp).await;
    }
    assert_passes(&apps, app("B00KDSGIPL")).await;
    let brands = with(request(), "/badv", json!(["https://*.bücher.example/", "localhost"]));
    let brand = |domain: &str| bad("adomain", json!([domain]));
    for blocked in ["bücher.example", "xn--bcher-kva.example", "shop.BÜCHER.example", "localhost"]
    {
        assert_refused(&brands, brand(blocked), SeatStatus::BlockedAdvertiser).await;
    }
    for written in
        ["https://bücher.example/x", "bücher.example:443", "//xn--bcher-kva.example", " localhost"]
    {
        assert_refused(&brands, brand(written), SeatStatus::BlockedAdvertiser).await;
    }
    for none in ["xn--bcher-kva%2Eexample", "Bücher & Co.", "192.0.2.1", ""] {
        assert_refused(&brands, brand(none), SeatStatus::Advertiser).await;
        assert_passes(&request(), brand(none)).await;
    }
    assert_passes(&brands, brand("bucher.example")).await;
    assert_passes(&brands, bad("adomain", json!([]))).await;
    let cars = with(request(), "/bcat", json!(["cars"]));
    assert_refused(&cars, bad("cat", json!(["cars "])), SeatStatus::Category).await;
    let house = House::new().await;
    house.auction(&brands).await;
    assert_eq!(house.door.to("north")[0].body["badv"], json!(["xn--bcher-kva.example"]));
}

#[tokio::test]
async fn an_ad_is_in_a_language_that_is_allowed_or_says_none() {
    let german = with(request(), "/wlang", json!(["de"]));
    assert_refused(&german, bad("language", json!("en")), SeatStatus::Language).await;
    assert_refused(&german, bad("langb", json!("en-US")), SeatStatus::Language).await;
    for fits in [bid("bad", 9.0), bad("language", json!("de")), bad("langb", json!("de-AT"))] {
        assert_passes(&german, fits).await;
    }
    assert_eq!((SeatStatus::Language.code(), SeatStatus::Language.loss()), (511, 208));
}

#[tokio::test]
async fn a_bid_is_answered_with_all_that_it_says_of_its_creative() {
    let house = House::new().await;
    let said = json!({
        "adomain": ["shop.example"], "cid": "campaign", "cat": ["483"], "cattax": 7, "attr": [3],
        "bundle": "com.example.game", "apis": [5], "protocol": 3, "qagmediarating": 1, "language": "de",
        "w": 320, "h": 50, "wratio": 32, "hratio": 5, "mtype": 1, "dur": 15, "slotinpod": -1, "exp": 60,
    });
    let mut told = bid("n", 1.0);
    told.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    house.door.set("north", bids(&[told]));
    let auctioned = house.auction(&request()).await;
    let answered = serde_json::to_value(&auctioned.answer.seatbid[0].bid[0]).unwrap();
    for (key, value) in said.as_object().unwrap() {
        assert_eq!(&answered[key], value, "{key}");
    }
    house.door.set("north", bids(&[bad("cat", json!(["IAB1"]))]));
    let auctioned = house.auction(&request()).await;
    assert_eq!(auctioned.answer.seatbid[0].bid[0].cattax, Some(1), "silence means 1");
}

#[tokio::test]
async fn macros_do_not_make_much_of_little() {
    let house = House::new().await;
    let adm = "${AUCTION_AD_ID}".repeat(100);
    let growing = |ad: &str| with(bad("adm", json!(adm)), "/adid", json!(ad));
    house.door.set("north", bids(&[growing(&"/".repeat(256))]));
    let auctioned = house.auction(&request()).await;
    assert_eq!(auctioned.answer.ext.seatnonbid[0].nonbid[0].statuscode, SeatStatus::Grows.code());
    assert_passes(&request(), growing("ad-7")).await;
}

#[tokio::test]
async fn blocked_apps_may_not_be_advertised() {
    let blocking = with(request(), "/bapp", json!(["com.example.game"]));
    let app = |bundle: &str| bad("bundle", json!(bundle));
    assert_refused(&blocking, app("com.example.game"), SeatStatus::BlockedApp).await;
    assert_passes(&blocking, app("com.example.gamer")).await;
}

#[tokio::test]
async fn where_tls_is_asked_for_markup_may_not_load_without_it() {
    let mut secure = request();
    secure["imp"][0]["secure"] = json!(1);
    let adm = |markup: &str| bad("adm", json!(markup));
    let loads = "<img src='http://cdn.example/a.png'>";
    assert_refused(&secure, adm(loads), SeatStatus::NotSecure).await;
    assert_passes(&request(), adm(loads)).await;
    let leads = "<a href='http://shop.example/'><img src='https://cdn.example/a.png'></a>";
    assert_passes(&secure, adm(leads)).await;

    let house = House::new().await;
    let bare = with(bad("adm", json!(null)), "/nurl", json!("https://north.example/w"));
    house.door.set("north", bids(&[bare]));
    for (markup, answered) in [(loads, 0), (leads, 1)] {
        house.door.set("north win", Behaviour::Answers(200, markup.to_owned()));
        let auctioned = house.auction(&secure).await;
        assert_eq!(auctioned.answer.seatbid.len(), answered, "{markup}");
    }
}

#[tokio::test]
async fn where_it_is_required_a_bid_says_who_paid_and_somebody_shows_it() {
    let mut required = request();
    required["regs"] = json!({"ext": {"dsa": {"dsarequired": 3, "pubrender": 0, "datatopub": 2,
        "transparency": [{"domain": "publisher.example", "dsaparams": [1, 2]}, {"domain": "a person"}],
        "note": "a person"}}});
    let says = |dsa: Value| bad("ext", json!({"dsa": dsa}));
    let whole = json!({"behalf": "Shop", "paid": "Shop AG", "adrender": 1,
        "transparency": [{"domain": "dsp.example", "params": [1]}], "note": "x"});
    for wrong in [
        bid("bad", 9.0),
        says(json!({"behalf": "Shop", "adrender": 1})),
        says(with(whole.clone(), "/adrender", json!(0))),
        says(with(whole.clone(), "/paid", json!("a".repeat(101)))),
        says(with(whole.clone(), "/adrender", json!(2))),
    ] {
        let house = House::new().await;
        house.door.set("north", bids(&[wrong]));
        assert_eq!(house.auction(&required).await.seats[0].status, Some(SeatStatus::Dsa));
    }
    let house = House::new().await;
    house.door.set("north", bids(&[says(whole)]));
    let answer = serde_json::to_value(house.auction(&required).await.answer).unwrap();
    assert_eq!(
        answer["seatbid"][0]["bid"][0]["ext"],
        json!({"dsa": {"behalf": "Shop", "paid": "Shop AG", "adrender": 1,
            "transparency": [{"domain": "dsp.example", "dsaparams": [1]}]}})
    );
    house.turn_off(house.keyring.account("user-ada")).await;
    house.auction(&required).await;
    for message in [&house.door.to("north")[0], &house.door.to("south")[1]] {
        assert_eq!(
            message.body["regs"]["ext"]["dsa"],
            json!({"dsarequired": 3, "pubrender": 0, "datatopub": 2,
                "transparency": [{"domain": "publisher.example", "dsaparams": [1, 2]}]})
        );
        assert!(!message.text.contains("a person"));
    }
    assert_passes(&request(), bid("good", 9.0)).await;
}

#[tokio::test]
async fn only_the_seats_that_may_bid_do() {
    let house = House::new().await;
    let from = |seat: Option<&str>| {
        let mut seatbid = json!({"bid": [bid("n", 1.0)]});
        if let Some(seat) = seat {
            seatbid["seat"] = json!(seat);
        }
        Behaviour::Answers(200, json!({"id": "$ID", "seatbid": [seatbid]}).to_string())
    };
    let allowing = with(request(), "/wseat", json!(["s"]));
    let blocking = with(request(), "/bseat", json!(["t"]));
    for (request, seat, status) in [
        (&allowing, Some("s"), None),
        (&allowing, Some("t"), Some(SeatStatus::Seat)),
        (&allowing, None, Some(SeatStatus::Seat)),
        (&blocking, Some("s"), None),
        (&blocking, Some("t"), Some(SeatStatus::Seat)),
        (&blocking, None, None),
    ] {
        house.door.set("north", from(seat));
        assert_eq!(house.auction(request).await.seats[0].status, status, "{seat:?}");
    }
}

/// The request with a deal that is not for everybody.
fn with_deal(deal: &Value) -> Value {
    with(request(), "/imp/0/pmp", json!({"private_auction": 0, "deals": [deal]}))
}

#[tokio::test]
async fn a_deal_has_a_floor_seats_and_advertisers_of_its_own() {
    let request = with_deal(&json!({
        "id": "d", "bidfloor": 2, "wseat": ["s"], "wadomain": ["shop.example"]
    }));
    let dealt = |price: f64, domains: Value| {
        let dealt = with(bid("bad", price), "/dealid", json!("d"));
        with(dealt, "/adomain", domains)
    };
    let shop = json!(["www.shop.example"]);
    assert_passes(&request, dealt(2.0, shop.clone())).await;
    assert_refused(&request, dealt(1.999, shop), SeatStatus::BelowDealFloor).await;
    assert_refused(&request, dealt(3.0, json!(["other.example"])), SeatStatus::NotInDeal).await;
    assert_refused(&request, dealt(3.0, json!([])), SeatStatus::NotInDeal).await;
    let others = with_deal(&json!({"id": "d", "wseat": ["t"]}));
    assert_refused(&others, dealt(3.0, json!([])), SeatStatus::NotInDeal).await;
}

#[tokio::test]
async fn in_a_private_auction_only_deals_bid() {
    let house = House::new().await;
    let pmp = json!({"private_auction": 1, "deals": [{"id": "d", "bidfloor": 0.1}]});
    let private = with(request(), "/imp/0/pmp", pmp);
    house.door.set("north", bids(&[bid("open", 9.0)]));
    house.door.set("south", bids(&[with(bid("dealt", 0.2), "/dealid", json!("d"))]));
    let auctioned = house.auction(&private).await;
    assert_eq!(auctioned.seats[0].status, Some(SeatStatus::Deal));
    assert_eq!(auctioned.answer.seatbid[0].bid[0].id, "dealt");
}

#[tokio::test]
async fn a_consent_string_may_come_back_in_markup_and_not_in_a_notice() {
    let section = UsSection::agreeing(UsSpecification::California);
    let text = Gpp::new().with_us(&section).encode();
    let mut agreeing = request();
    agreeing["regs"] = json!({"gpp": text, "gpp_sid": [8]});
    let url = |host: &str| format!("https://{host}/x?gpp={}", text.replace('~', "%7E"));
    let house = House::new().await;
    house.auction(&agreeing).await;
    assert_eq!(house.door.to("south")[0].body["regs"]["gpp"], text, "it was told");
    let repeating = bad("burl", json!(url("north.example")));
    assert_refused(&agreeing, repeating, SeatStatus::RepeatsIdentifier).await;
    assert_passes(&agreeing, bad("adm", json!(format!("<img src='{}'>", url("c.example"))))).await;
}

#[tokio::test]
async fn the_pairwise_id_may_not_come_back_either() {
    let house = House::new().await;
    house.auction(&request()).await;
    let id = house.door.to("north")[0].body["user"]["id"].as_str().unwrap().to_owned();
    let tracking = with(bid("n", 9.0), "/nurl", json!(format!("https://north.example/w/{id}")));
    house.door.set("north", bids(&[tracking]));
    let auctioned = house.auction(&request()).await;
    assert_eq!(auctioned.seats[0].status, Some(SeatStatus::RepeatsIdentifier));
}

#[tokio::test]
async fn a_macro_cannot_bring_an_identifier_back() {
    let house = House::new().await;
    let notice = "https://north.example/w/${AUCTION_AD_ID}";
    let tracking = with(with(bid("n", 9.0), "/nurl", json!(notice)), "/adid", json!(IFA));
    house.door.set("north", bids(&[tracking]));
    assert!(house.auction(&request()).await.answer.seatbid.is_empty());
    settle().await;
    assert!(house.door.notices(Path::WinNotice).is_empty());
    let markup = json!("<img src=https://north.example/${AUCTION_AD_ID}>");
    let tracking = with(with(bid("n", 9.0), "/adm", markup), "/adid", json!(IFA));
    house.door.set("north", bids(&[tracking]));
    assert!(house.auction(&request()).await.answer.seatbid.is_empty());
}

#[tokio::test]
async fn what_kind_of_id_was_told_is_no_identifier() {
    let typed = with(request(), "/device/ext", json!({"ifa_type": "sessionid"}));
    let markup = "<img src='https://x.example/?sessionid=1&session_id=2'>";
    let noticed =
        with(bad("adm", json!(markup)), "/nurl", json!("https://north.example/sessionid"));
    let house = House::new().await;
    house.door.set("north", bids(&[noticed]));
    let auctioned = house.auction(&typed).await;
    assert_eq!(house.door.to("north")[0].body["device"]["ext"]["ifa_type"], "sessionid");
    assert_eq!(auctioned.seats[0].status, None);
}

/// What reads an address as one leaves these out, so that the pieces of an identifier would come together.
#[tokio::test]
async fn a_notice_is_refused_that_holds_what_is_left_out_when_it_goes() {
    let pieces = |between: &str| {
        json!(format!("https://north.example/b?d={}{between}{}", &IFA[..8], &IFA[8..]))
    };
    for url in [
        pieces("\t"),
        pieces("\n"),
        pieces("\r"),
        pieces("\u{1}"),
        pieces("\u{85}"),
        json!(" https://north.example/b"),
        json!("https://north.example/b\u{a0}"),
        json!("https://north.example/b\n"),
    ] {
        for notice in ["nurl", "burl", "lurl"] {
            assert_refused(&request(), bad(notice, url.clone()), SeatStatus::NoticeHost).await;
        }
    }
}

#[tokio::test]
async fn beside_a_ratio_a_size_must_be_offered_all_the_same() {
    let flexible = json!({"wratio": 16, "hratio": 9, "wmin": 600});
    let offering = |formats: Value| {
        let banner = json!({"format": formats});
        with(request(), "/imp/0/banner", banner)
    };
    let both = offering(json!([{"w": 300, "h": 250}, flexible]));
    let only = offering(json!([flexible]));
    let said = |said: Value| {
        let mut bid = bad("mtype", json!(1));
        bid.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        bid
    };
    for (request, size, is_taken) in [
        (&both, json!({"w": 728, "h": 90}), false),
        (&both, json!({"w": 300, "h": 250}), true),
        (&both, json!({"w": 640, "h": 360}), true),
        (&both, json!({"w": 610, "h": 343}), true),
        (&both, json!({"w": 610, "h": 345}), false),
        (&both, json!({"w": 320, "h": 180}), false),
        (&both, json!({"w": 320}), false),
        (&both, json!({"w": 640}), true),
        (&both, json!({"h": 90}), true),
        (&both, json!({"wratio": 16, "hratio": 9}), true),
        (&both, json!({"wratio": 6, "hratio": 5}), true),
        (&both, json!({"wratio": 4, "hratio": 1}), false),
        (&both, json!({"wratio": 4}), true),
        (&only, json!({"wratio": 32, "hratio": 18}), true),
        (&only, json!({"wratio": 4, "hratio": 3}), false),
        (&only, json!({"w": 640, "h": 360, "wratio": 4, "hratio": 3}), false),
        (&only, json!({}), true),
    ] {
        let status = alone(request, said(size.clone())).await;
        assert_eq!(status, (!is_taken).then_some(SeatStatus::Size), "{size}");
    }
}

#[tokio::test]
async fn who_bids_for_a_blocked_app_is_told_of_apps_and_not_of_advertisers() {
    let house = House::new().await;
    let app = with(bad("bundle", json!("com.example.game")), "/lurl", json!(LOSS));
    house.door.set("north", bids(&[app]));
    house.auction(&with(request(), "/bapp", json!(["com.example.game"]))).await;
    settle().await;
    assert_eq!(house.door.notices(Path::LossNotice), ["https://north.example/l?loss=215"]);
}

const LOSS: &str = "https://north.example/l?loss=${AUCTION_LOSS}";
