-- What the advertisers' ads cost, as the platform told last. Nothing of it is about a person. A campaign as a whole
-- has no line item, which stands here as an empty one.
CREATE TABLE report_cost (
    advertiser TEXT NOT NULL,
    day INTEGER NOT NULL,
    campaign TEXT NOT NULL,
    line_item TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    micros INTEGER NOT NULL CHECK (micros >= 0),
    PRIMARY KEY (advertiser, day, campaign, line_item, currency)
) STRICT, WITHOUT ROWID;
