//! Why a seat was not heard: in `ext.seatnonbid` for the platform, and in the loss notice for the partner.
//!
//! These are two lists. The codes for the platform are those of the IAB's community extension "Seat Non Bid
//! Response" up to 499, and from 500 on ours. The codes for the partner are the loss reason codes of `OpenRTB`
//! 3.0, to which 2.6 refers.

/// One status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SeatStatus {
    /// The partner was asked and does not bid.
    NoBid,
    /// Likewise, for this of the standard's reasons (`nbr`).
    Declined(u16),
    /// Something went wrong on our side.
    Error,
    /// The partner did not answer in time.
    TimedOut,
    /// The answer could not be read, or is not to this request.
    InvalidAnswer,
    /// The answer was not taken: as much of the partner's as may be held is held already.
    NoRoom,
    /// No connection.
    Unreachable,
    /// The partner was not asked: its limits, or failures lately.
    NotAsked,
    /// The partner was not asked: nothing about the person may be told.
    Withheld,
    /// A bid could not be read, or names an impression that was not asked for.
    InvalidBid,
    /// A bid has no price above zero.
    NoPrice,
    /// A bid names a deal that was not offered, or none where only deals may bid.
    Deal,
    /// A bid comes from a seat that may not bid.
    Seat,
    /// A bid's seat or advertiser may not use its deal.
    NotInDeal,
    /// A bid is below the floor of its impression.
    BelowFloor,
    /// A bid is below the floor of its deal.
    BelowDealFloor,
    /// A bid's id was there before.
    Duplicate,
    /// A bid's categories are of another taxonomy than those that the request blocks or allows.
    Taxonomy,
    /// A bid has no markup and no notice that could bring it.
    NoMarkup,
    /// A bid does not name its creative.
    NoCreativeId,
    /// A bid's creative has an attribute that the impression blocks.
    Attribute,
    /// The values of its macros make a bid's markup several times as long.
    Grows,
    /// A bid's creative is in a language that the request does not allow.
    Language,
    /// A bid's creative is of a size that the impression does not offer.
    Size,
    /// A bid's creative plays for less or for longer than the impression offers.
    Length,
    /// A bid is only for a position in its pod that the impression does not guarantee.
    Position,
    /// A bid's markup loads without TLS what must be loaded with it.
    NotSecure,
    /// A bid's creative is of a format that the impression does not offer, or does not say of which.
    Format,
    /// A bid names as an advertiser's domain what is none, so that it cannot be held against those that are blocked.
    Advertiser,
    /// A bid is for an advertiser that the request blocks.
    BlockedAdvertiser,
    /// A bid is for an app that the request blocks.
    BlockedApp,
    /// A bid's category is blocked, or not among those that alone are allowed.
    Category,
    /// A bid is in a currency that was not asked for.
    Currency,
    /// A bid's notice goes to a host that the register does not list.
    NoticeHost,
    /// A bid's markup or notice repeats an identifier that was sent.
    RepeatsIdentifier,
    /// The site, app or screen is not registered, so nobody was asked.
    UnknownInventory,
    /// Not asked: the partner's ads are not shown on sites, in apps or on screens, whichever it is.
    Channel,
    /// Not asked: the partner can bid on none of the formats.
    MediaType,
    /// Not asked, or not for a deal: there is no exchange rate in force for its currency, or for that of a floor.
    NoRate,
    /// A bid was not taken: its price cannot be converted.
    Unconverted,
    /// Not asked: none of the seats that alone may bid is registered for the partnership.
    NoSeat,
    /// Not asked: only deals may bid, and none of them is registered for the partnership.
    NoDeal,
    /// Not asked: the impression names the bidders that alone are asked for it.
    NotNamed,
    /// Not asked: the request holds more impressions than the partner takes.
    TooManyImps,
    /// The partner sent more bids for the impression than count, or than are looked at.
    TooManyBids,
    /// A bid stands and falls with others of its seat, and these did not all win.
    Group,
    /// A bid does not say what the Digital Services Act asks for, or nobody, or both sides, would show it.
    Dsa,
}

/// What the lists say of one status.
struct Row {
    code: u16,
    /// What a partner is told whose bid was lost to it.
    loss: u16,
    name: &'static str,
}

impl SeatStatus {
    /// Returns the code for the platform.
    pub fn code(self) -> u16 {
        self.row().code
    }

    /// Returns the code for the partner whose bid was lost to it.
    pub fn loss(self) -> u16 {
        self.row().loss
    }

    /// Returns the name in metrics and records.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns what a browser is told instead: nothing of what shows whether a gate is open or closed, where no bid does.
    pub(crate) fn to_browser(self) -> Self {
        match self {
            Self::Withheld
            | Self::Declined(_)
            | Self::Error
            | Self::TimedOut
            | Self::InvalidAnswer
            | Self::Unreachable
            | Self::NotAsked
            | Self::NoRoom => Self::NoBid,
            other => other,
        }
    }

    /// Returns what it is counted as. Why: by their reasons a partner could make any number of counters.
    pub(crate) fn counted(self) -> Self {
        if let Self::Declined(_) = self { Self::NoBid } else { self }
    }

    fn row(self) -> Row {
        let (code, loss, name) = match self {
            Self::NoBid => (0, INTERNAL, "no_bid"),
            // Why: the list has the standard's reasons as its first codes.
            Self::Declined(reason) => (reason, INTERNAL, "no_bid"),
            Self::Error => (100, INTERNAL, "error"),
            Self::TimedOut => (101, INTERNAL, "timeout"),
            Self::InvalidAnswer => (102, 5, "invalid_answer"),
            Self::Unreachable => (103, INTERNAL, "unreachable"),
            Self::NotAsked => (200, INTERNAL, "not_asked"),
            Self::Withheld => (204, INTERNAL, "withheld"),
            Self::InvalidBid => (300, INVALID, "invalid_bid"),
            Self::NoPrice => (300, 9, "no_price"),
            Self::Deal => (300, 4, "deal"),
            Self::Seat => (300, 104, "seat"),
            Self::NotInDeal => (300, 213, "not_in_deal"),
            Self::Advertiser => (300, 6, "advertiser"),
            Self::BelowFloor => (301, 100, "below_floor"),
            Self::Duplicate => (302, INVALID, "duplicate"),
            Self::Taxonomy => (303, 209, "taxonomy"),
            Self::BelowDealFloor => (304, 101, "below_deal_floor"),
            Self::NoMarkup => (350, 7, "no_markup"),
            Self::NoCreativeId => (350, 8, "no_creative_id"),
            Self::Attribute => (350, 210, "attribute"),
            Self::Size => (351, 203, "size"),
            Self::Length => (350, FILTERED, "length"),
            Self::Position => (300, INVALID, "position"),
            Self::NotSecure => (352, 207, "not_secure"),
            Self::Format => (353, 204, "format"),
            Self::BlockedAdvertiser => (356, 205, "blocked_advertiser"),
            Self::BlockedApp => (356, 215, "blocked_app"),
            Self::Category => (357, 209, "category"),
            Self::Currency => (500, INVALID, "currency"),
            Self::NoticeHost => (501, INVALID, "notice_host"),
            Self::RepeatsIdentifier => (502, INVALID, "repeats_identifier"),
            Self::UnknownInventory => (503, INTERNAL, "unknown_inventory"),
            Self::Channel => (201, INTERNAL, "channel"),
            Self::MediaType => (202, INTERNAL, "media_type"),
            Self::NoSeat => (504, INTERNAL, "no_seat"),
            Self::NoDeal => (505, INTERNAL, "no_deal"),
            Self::TooManyImps => (506, INTERNAL, "too_many_imps"),
            Self::TooManyBids => (507, FILTERED, "too_many_bids"),
            Self::Group => (508, FILTERED, "group"),
            Self::Dsa => (509, INVALID, "dsa"),
            Self::NoRate => (205, INTERNAL, "no_rate"),
            Self::Unconverted => (510, INTERNAL, "unconverted"),
            Self::Language => (511, 208, "language"),
            Self::Grows => (512, INVALID, "grows"),
            Self::NotNamed => (513, INTERNAL, "not_named"),
            Self::NoRoom => (514, INTERNAL, "no_room"),
        };
        Row { code, loss, name }
    }
}

/// Loss reason: internal error.
const INTERNAL: u16 = 1;
/// Loss reason: invalid bid response.
const INVALID: u16 = 3;
/// Loss reason: the creative was filtered, for no reason of its own.
const FILTERED: u16 = 200;
/// Loss reason: lost to a higher bid.
pub(crate) const HIGHER_BID: u16 = 102;
/// Loss reason: lost to a bid for a deal.
pub(crate) const LOST_TO_DEAL: u16 = 103;
