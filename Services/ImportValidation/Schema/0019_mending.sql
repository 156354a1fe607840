-- Files that are written for people: error workbooks, read in chunks by whoever asked for them.
CREATE TABLE import_validation.export (
    id uuid PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    caller text NOT NULL,
    size_bytes bigint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
CREATE INDEX export_caller ON import_validation.export (caller, domain, expires_at);
CREATE INDEX export_age ON import_validation.export (expires_at);
SELECT import_validation.separate('export');

CREATE TABLE import_validation.export_chunk (
    export uuid NOT NULL REFERENCES import_validation.export ON DELETE CASCADE,
    position int NOT NULL,
    domain text COLLATE "C" NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (export, position)
);
-- A workbook is compressed already, and read once.
ALTER TABLE import_validation.export_chunk ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT import_validation.separate('export_chunk');

-- How far the mending by an error workbook is: a run that was interrupted goes on behind the last row it has settled, and
-- knows what it has counted.
ALTER TABLE import_validation.import_run_work ADD COLUMN mending jsonb;

-- A run that somebody does not want any more.
ALTER TABLE import_validation.import_run ADD COLUMN cancel_requested_at timestamptz;
ALTER TABLE import_validation.import_run DROP CONSTRAINT import_run_state_choice;
ALTER TABLE import_validation.import_run ADD CONSTRAINT import_run_state_choice
    CHECK (state IN ('queued', 'running', 'completed', 'failed', 'canceled'));
