-- Lists written as files, kept for a quarter of an hour: whichever instance is asked for the next chunk has it.
CREATE TABLE customer_success.export (
    id uuid PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    caller text NOT NULL,
    size_bytes bigint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
CREATE INDEX export_caller ON customer_success.export (caller, domain, expires_at);
CREATE INDEX export_age ON customer_success.export (expires_at);
SELECT customer_success.separate('export');

CREATE TABLE customer_success.export_chunk (
    export uuid NOT NULL REFERENCES customer_success.export ON DELETE CASCADE,
    position int NOT NULL,
    domain text COLLATE "C" NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (export, position)
);
-- A workbook is compressed already, and a text is read once.
ALTER TABLE customer_success.export_chunk ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT customer_success.separate('export_chunk');
