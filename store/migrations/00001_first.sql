-- One text for SQLite and PostgreSQL: SQLite takes BIGINT and BYTEA as names of its own types.
-- Times are microseconds since 1970, UTC; 0 is none. JSON is kept as the bytes it was given.

-- +goose Up
CREATE TABLE lab (
    id      TEXT PRIMARY KEY,
    owner   TEXT NOT NULL,
    created BIGINT NOT NULL,
    status  TEXT NOT NULL,
    spec    BYTEA NOT NULL,
    seen    BYTEA,
    bytes   BIGINT NOT NULL
);
CREATE INDEX lab_owner ON lab (owner, id);

CREATE TABLE idem (
    key_hash  TEXT PRIMARY KEY,
    body_hash TEXT NOT NULL,
    status    BIGINT NOT NULL,
    answer    BYTEA,
    at        BIGINT NOT NULL
);
CREATE INDEX idem_at ON idem (at);

CREATE TABLE secret (
    hash    TEXT PRIMARY KEY,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

CREATE TABLE quiz (
    id       TEXT PRIMARY KEY,
    code     TEXT NOT NULL UNIQUE,
    key_hash TEXT NOT NULL,
    settings BYTEA NOT NULL,
    secret   BYTEA NOT NULL,
    status   TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created  BIGINT NOT NULL,
    opens    BIGINT NOT NULL,
    closes   BIGINT NOT NULL,
    events   BIGINT NOT NULL DEFAULT 0, -- the last seq of event
    audits   BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE roster (
    quiz       TEXT NOT NULL REFERENCES quiz ON DELETE CASCADE,
    student    TEXT NOT NULL,
    name       TEXT NOT NULL,
    pin_hash   TEXT NOT NULL,
    extra_time DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (quiz, student)
);

CREATE TABLE attempt (
    id          TEXT PRIMARY KEY,
    quiz        TEXT NOT NULL REFERENCES quiz ON DELETE CASCADE,
    student     TEXT NOT NULL,
    no          BIGINT NOT NULL,
    secret_hash TEXT NOT NULL,
    pin_hash    TEXT NOT NULL,
    lang        TEXT NOT NULL,
    started     BIGINT NOT NULL,
    deadline    BIGINT NOT NULL,
    submitted   BIGINT NOT NULL,
    score       DOUBLE PRECISION NOT NULL,
    max         DOUBLE PRECISION NOT NULL,
    rated       BIGINT NOT NULL,
    void        BIGINT NOT NULL,
    UNIQUE (quiz, student, no)
);
CREATE INDEX attempt_due ON attempt (deadline) WHERE submitted = 0 AND deadline > 0;

CREATE TABLE item (
    attempt     TEXT NOT NULL REFERENCES attempt ON DELETE CASCADE,
    n           BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    gen_version BIGINT NOT NULL,
    seed        BIGINT NOT NULL,
    level       BIGINT NOT NULL,
    facts       TEXT NOT NULL,
    shown       BYTEA NOT NULL,
    key         BYTEA NOT NULL,
    PRIMARY KEY (attempt, n)
);

CREATE TABLE answer (
    attempt  TEXT NOT NULL REFERENCES attempt ON DELETE CASCADE,
    n        BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    body     BYTEA NOT NULL,
    score    DOUBLE PRECISION NOT NULL,
    parts    BYTEA,
    myth     TEXT NOT NULL,
    PRIMARY KEY (attempt, n, revision)
);

CREATE TABLE hint (
    attempt TEXT NOT NULL REFERENCES attempt ON DELETE CASCADE,
    n       BIGINT NOT NULL,
    k       BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    cost    DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (attempt, n, k)
);

CREATE TABLE event (
    quiz TEXT NOT NULL REFERENCES quiz ON DELETE CASCADE,
    seq  BIGINT NOT NULL,
    at   BIGINT NOT NULL,
    kind TEXT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (quiz, seq)
);

CREATE TABLE verification (
    facts  TEXT NOT NULL,
    kernel TEXT NOT NULL,
    at     BIGINT NOT NULL,
    agrees BIGINT NOT NULL,
    script TEXT NOT NULL,
    model  TEXT NOT NULL,
    found  TEXT NOT NULL,
    PRIMARY KEY (facts, kernel)
);

CREATE TABLE audit (
    quiz TEXT NOT NULL REFERENCES quiz ON DELETE CASCADE,
    seq  BIGINT NOT NULL,
    at   BIGINT NOT NULL,
    who  TEXT NOT NULL,
    what TEXT NOT NULL,
    PRIMARY KEY (quiz, seq)
);

-- +goose Down
DROP TABLE audit;
DROP TABLE verification;
DROP TABLE event;
DROP TABLE hint;
DROP TABLE answer;
DROP TABLE item;
DROP TABLE attempt;
DROP TABLE roster;
DROP TABLE quiz;
DROP TABLE secret;
DROP TABLE idem;
DROP TABLE lab;
