-- Sessions have versions and remember what they allow; accounts are shared, tried and renewed by themselves.

-- When a session was made its first version began to hold.
ALTER TABLE sessions ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE sessions ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET updated_at = created_at;

-- The versions that hold no more. The one that does is in `sessions`.
CREATE TABLE session_versions (
    project       TEXT    NOT NULL,
    session       TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    superseded_at INTEGER NOT NULL,
    config        TEXT    NOT NULL,
    PRIMARY KEY (project, session, version),
    FOREIGN KEY (project, session) REFERENCES sessions (project, id) ON DELETE CASCADE
) STRICT;

-- No account means a tool that runs without one. A key cannot hold that, so that no row is kept twice by the statement
-- that keeps it.
CREATE TABLE approval_grants (
    project    TEXT    NOT NULL,
    session    TEXT    NOT NULL,
    tool       TEXT    NOT NULL,
    account    TEXT,
    granted_at INTEGER NOT NULL,
    FOREIGN KEY (project, session) REFERENCES sessions (project, id) ON DELETE CASCADE
) STRICT;

CREATE UNIQUE INDEX approval_grants_one ON approval_grants (project, session, tool, account);

-- Approvals that were used. A row is kept until its approval would be too old anyway.
CREATE TABLE spent_approvals (
    project    TEXT    NOT NULL,
    approval   BLOB    NOT NULL,
    keep_until INTEGER NOT NULL,
    PRIMARY KEY (project, approval)
) STRICT;

CREATE INDEX spent_approvals_expiry ON spent_approvals (keep_until);

-- Whether `details` has a list of tools. Every listing asks.
ALTER TABLE auth_configs ADD COLUMN has_tool_list INTEGER NOT NULL DEFAULT 0;
UPDATE auth_configs SET has_tool_list = json_extract(details, '$.tools') IS NOT 'all';

CREATE INDEX auth_configs_with_tool_list ON auth_configs (project, toolkit, has_tool_list) WHERE has_tool_list;

-- Whether `details` says so, for lists.
ALTER TABLE connected_accounts ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
UPDATE connected_accounts SET shared = json_extract(details, '$.sharing') IS NOT 'Private';

ALTER TABLE connected_accounts ADD COLUMN ready_at INTEGER;
-- When one that is not ready is tried: at once, for those that nobody has tried so far.
ALTER TABLE connected_accounts ADD COLUMN probe_at INTEGER NOT NULL DEFAULT 0;
-- When its credential is renewed by itself. Whoever does it looks at the credential first, which is how those that are
-- here get their time.
ALTER TABLE connected_accounts ADD COLUMN refresh_at INTEGER;
UPDATE connected_accounts SET refresh_at = 0 WHERE status = 'ACTIVE';
-- How often in a row the service has refused to, and until when it is left alone.
ALTER TABLE connected_accounts ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connected_accounts ADD COLUMN retry_at INTEGER;

CREATE INDEX connected_accounts_to_refresh ON connected_accounts (refresh_at)
    WHERE status = 'ACTIVE' AND refresh_at IS NOT NULL;
CREATE INDEX connected_accounts_to_probe ON connected_accounts (probe_at)
    WHERE status = 'ACTIVE' AND ready_at IS NULL;
CREATE INDEX connected_accounts_to_expire ON connected_accounts (created_at, project) WHERE status = 'INITIATED';

-- The indexes of lists end in `shared`, so that counting what is private reads no rows.
DROP INDEX connected_accounts_newest;
DROP INDEX connected_accounts_by_user;
DROP INDEX connected_accounts_by_toolkit;
DROP INDEX connected_accounts_by_status;
CREATE INDEX connected_accounts_newest ON connected_accounts (project, created_at DESC, id DESC, shared);
CREATE INDEX connected_accounts_by_user ON connected_accounts (project, user_id, created_at DESC, id DESC, shared);
CREATE INDEX connected_accounts_by_toolkit ON connected_accounts (project, toolkit, created_at DESC, id DESC, shared);
CREATE INDEX connected_accounts_by_status ON connected_accounts (project, status, created_at DESC, id DESC, shared);
CREATE INDEX connected_accounts_shared ON connected_accounts (project, created_at DESC, id DESC) WHERE shared;
