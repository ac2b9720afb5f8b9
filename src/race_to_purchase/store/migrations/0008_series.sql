-- What every process counted, over time and by drop: for the console and the report. Never read to decide anything.
CREATE TABLE series (
    drop_id  text        COLLATE "C" NOT NULL,
    at       timestamptz NOT NULL,
    source   text        COLLATE "C" NOT NULL,
    counted  text        NOT NULL,
    PRIMARY KEY (drop_id, at, source)
);
CREATE INDEX series_age ON series USING brin (at) WITH (pages_per_range = 32);
