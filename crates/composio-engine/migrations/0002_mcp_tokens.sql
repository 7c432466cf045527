-- Credentials for the MCP endpoint of one session. They are kept as digests, to be recognised and never read back, and go
-- with their session.

CREATE TABLE mcp_tokens (
    project    TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    session    TEXT    NOT NULL,
    digest     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (project, id),
    UNIQUE (project, digest),
    FOREIGN KEY (project, session) REFERENCES sessions (project, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX mcp_tokens_by_session ON mcp_tokens (project, session);
CREATE INDEX mcp_tokens_expiry ON mcp_tokens (expires_at);
