-- What reconciliation found to differ, and how far it has walked. Both small: a row a difference, a row a walk.
CREATE TABLE finding (
    id          text        COLLATE "C" PRIMARY KEY,
    kind        text        NOT NULL,
    subject     text        NOT NULL,
    drop_id     text        NOT NULL,
    state       text        NOT NULL,
    repair      text        NOT NULL,
    detail      jsonb       NOT NULL,
    first_seen  timestamptz NOT NULL,
    last_seen   timestamptz NOT NULL,
    seen        integer     NOT NULL DEFAULT 1,
    how         text        NOT NULL DEFAULT '',
    ended_at    timestamptz,
    version     integer     NOT NULL DEFAULT 0,
    CONSTRAINT finding_state CHECK (state IN ('open', 'repairing', 'repaired', 'closed')),
    CONSTRAINT finding_end CHECK ((ended_at IS NOT NULL) = (state IN ('repaired', 'closed')))
);
-- The one index whose condition an update leaves: a finding is written a few times in its life.
CREATE INDEX finding_unended ON finding (id) WHERE ended_at IS NULL;

-- How far a walk has come: a moment, or the last row; what it is, the walk knows.
CREATE TABLE walk (
    name     text        COLLATE "C" PRIMARY KEY,
    reached  text        NOT NULL,
    at       timestamptz NOT NULL
);

-- Reconciliation compares what began within a range of time; it never changes, so updates stay heap-only.
CREATE INDEX attempt_age ON attempt USING brin (began_at) WITH (pages_per_range = 32, autosummarize = on);
