-- migrations_prepare: where everything lives, and which migrations have run.
CREATE SCHEMA IF NOT EXISTS race;
CREATE TABLE IF NOT EXISTS migration (
    version     integer     PRIMARY KEY,
    name        text        NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now()
)
