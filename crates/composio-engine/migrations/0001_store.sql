-- What the engine remembers. Everything belongs to a project.
--
-- Times are microseconds since the Unix epoch, booleans are 0 and 1, digests are 32 bytes. Whatever a query ranks or
-- filters by is a column; the rest of a row is JSON in `details`. What is sealed is opaque here, and kept in tables of
-- its own so that no list reads it.

CREATE TABLE sessions (
    project    TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    config     TEXT    NOT NULL,
    PRIMARY KEY (project, id)
) STRICT;

CREATE TABLE auth_configs (
    project              TEXT    NOT NULL,
    id                   TEXT    NOT NULL,
    toolkit              TEXT    NOT NULL,
    scheme               TEXT    NOT NULL,
    managed              INTEGER NOT NULL,
    enabled              INTEGER NOT NULL,
    enabled_for_sessions INTEGER NOT NULL,
    created_at           INTEGER NOT NULL,
    details              TEXT    NOT NULL,
    PRIMARY KEY (project, id)
) STRICT;

CREATE INDEX auth_configs_newest ON auth_configs (project, created_at DESC, id DESC);
CREATE INDEX auth_configs_by_toolkit ON auth_configs (project, toolkit, created_at DESC, id DESC);

CREATE TABLE auth_config_secrets (
    project     TEXT NOT NULL,
    auth_config TEXT NOT NULL,
    sealed      BLOB NOT NULL,
    PRIMARY KEY (project, auth_config),
    FOREIGN KEY (project, auth_config) REFERENCES auth_configs (project, id) ON DELETE CASCADE
) STRICT;

-- An account outlives its auth config: it stops running tools, and stays to be seen and deleted.
CREATE TABLE connected_accounts (
    project       TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    user_id       TEXT    NOT NULL,
    toolkit       TEXT    NOT NULL,
    auth_config   TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    status_reason TEXT,
    alias         TEXT,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    connected_at  INTEGER,
    details       TEXT    NOT NULL,
    -- The lease: its number never goes back, and there is one while `refresh_until` is set.
    refresh_fence INTEGER NOT NULL DEFAULT 0,
    refresh_until INTEGER,
    PRIMARY KEY (project, id)
) STRICT;

CREATE INDEX connected_accounts_newest ON connected_accounts (project, created_at DESC, id DESC);
CREATE INDEX connected_accounts_by_choice ON connected_accounts (project, user_id, toolkit, created_at DESC, id DESC);
CREATE INDEX connected_accounts_by_user ON connected_accounts (project, user_id, created_at DESC, id DESC);
CREATE INDEX connected_accounts_by_toolkit ON connected_accounts (project, toolkit, created_at DESC, id DESC);
CREATE INDEX connected_accounts_by_status ON connected_accounts (project, status, created_at DESC, id DESC);
CREATE UNIQUE INDEX connected_accounts_alias ON connected_accounts (project, user_id, toolkit, alias)
    WHERE alias IS NOT NULL;

CREATE TABLE credentials (
    project TEXT NOT NULL,
    account TEXT NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (project, account),
    FOREIGN KEY (project, account) REFERENCES connected_accounts (project, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE pending_authorizations (
    state      BLOB    NOT NULL PRIMARY KEY,
    project    TEXT    NOT NULL,
    account    TEXT    NOT NULL,
    browser    BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    details    TEXT    NOT NULL,
    verifier   BLOB    NOT NULL,
    UNIQUE (project, account),
    FOREIGN KEY (project, account) REFERENCES connected_accounts (project, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX pending_authorizations_expiry ON pending_authorizations (expires_at);

CREATE TABLE executions (
    project    TEXT    NOT NULL,
    session    TEXT    NOT NULL,
    tool       TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    arguments  BLOB    NOT NULL,
    deadline   INTEGER NOT NULL,
    -- Both come with the end. Without them the execution runs, or nobody knows how it ended.
    outcome    BLOB,
    keep_until INTEGER,
    PRIMARY KEY (project, session, tool, key),
    CHECK ((outcome IS NULL) = (keep_until IS NULL))
) STRICT;

CREATE INDEX executions_expiry ON executions (keep_until) WHERE keep_until IS NOT NULL;

CREATE TABLE key_check (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    sealed   BLOB    NOT NULL
) STRICT;
