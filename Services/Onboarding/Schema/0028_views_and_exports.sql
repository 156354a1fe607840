-- Files that exports have written, for whoever asked for them.
CREATE TABLE onboarding.export (
    id uuid PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    caller text NOT NULL,
    size_bytes bigint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
CREATE INDEX export_caller ON onboarding.export (caller, domain, expires_at);
CREATE INDEX export_age ON onboarding.export (expires_at);
SELECT onboarding.separate('export');

CREATE TABLE onboarding.export_chunk (
    export uuid NOT NULL REFERENCES onboarding.export ON DELETE CASCADE,
    position int NOT NULL,
    domain text COLLATE "C" NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (export, position)
);
-- A workbook is compressed already, and a text is read once.
ALTER TABLE onboarding.export_chunk ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT onboarding.separate('export_chunk');

-- Views of lists that people keep, each for himself.
CREATE TABLE onboarding.saved_view (
    id uuid PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    "user" text NOT NULL,
    list text NOT NULL,
    name text NOT NULL,
    query text NOT NULL,
    saved_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX saved_view_name ON onboarding.saved_view ("user", domain, list, name);
CREATE INDEX saved_view_domain ON onboarding.saved_view (domain, id);
SELECT onboarding.separate('saved_view');
