-- With how many entries the log was signed without the head that was signed before. What was signed before then may not be
-- in it, so that it is said for good.
CREATE TABLE ledger_signed_anew (
    entries INTEGER PRIMARY KEY
) STRICT;
