-- The money of each payment, apart from what the API shows of it: the books that an audit compares with the shop's.
-- The checks hold whatever the program above them does.
CREATE TABLE IF NOT EXISTS account (
    intent INTEGER PRIMARY KEY, -- the number of the payment
    reference TEXT NOT NULL, -- the shop's own id, from the metadata; the payment's id where there is none
    currency TEXT NOT NULL,
    authorized INTEGER NOT NULL DEFAULT 0, -- ever approved by the bank
    held INTEGER NOT NULL DEFAULT 0, -- approved, neither captured nor given back
    captured INTEGER NOT NULL DEFAULT 0,
    refunded INTEGER NOT NULL DEFAULT 0,
    disputed INTEGER NOT NULL DEFAULT 0, -- taken back by the bank, for now or for good
    due_at REAL, -- when something happens to it by itself
    CHECK (authorized >= 0 AND held >= 0 AND captured >= 0 AND refunded >= 0 AND disputed >= 0),
    CHECK (held + captured <= authorized),
    CHECK (refunded + disputed <= captured)
) STRICT
