-- What buyers mean to buy. No decision reads it, and nothing is counted by it; it is forgotten when it is old.
CREATE TABLE cart (
    buyer       text        COLLATE "C" NOT NULL,
    drop_id     text        NOT NULL,
    lines       text        NOT NULL,  -- JSON: [{"item", "quantity", "price"}, …], the price as the buyer has seen it
    version     integer     NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (buyer, drop_id)
) WITH (fillfactor = 70);
