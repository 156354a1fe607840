-- Files attached to records (G-121), for every record whose table says so by `have_attachments`. They lie outside of the
-- record's row, in parts as they were sent, so that every instance reads them.
CREATE TABLE {schema}.attachment (
    id uuid PRIMARY KEY,
    table_name text NOT NULL,
    record uuid NOT NULL,
    domain text COLLATE "C" NOT NULL,
    file_name text NOT NULL,
    size_bytes bigint NOT NULL,
    received_bytes bigint NOT NULL DEFAULT 0,
    -- What was announced, then what arrived.
    sha256 text,
    kind text,
    complete boolean NOT NULL DEFAULT false,
    visible_to_customer boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL
);
CREATE INDEX attachment_record ON {schema}.attachment (record, id);
CREATE INDEX attachment_incomplete ON {schema}.attachment (created_at) WHERE NOT complete;
SELECT {schema}.separate('attachment');

CREATE TABLE {schema}.attachment_part (
    attachment uuid NOT NULL
        CONSTRAINT attachment_part_attachment_fkey REFERENCES {schema}.attachment ON DELETE CASCADE,
    position bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (attachment, position)
);
-- What people attach is compressed already.
ALTER TABLE {schema}.attachment_part ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT {schema}.separate('attachment_part');

-- Attachments go with their record, and follow it into another domain.
CREATE FUNCTION {schema}.follow_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM {schema}.attachment WHERE record = OLD.id;
    ELSE
        UPDATE {schema}.attachment_part SET domain = NEW.domain
        WHERE attachment IN (SELECT id FROM {schema}.attachment WHERE record = NEW.id);
        UPDATE {schema}.attachment SET domain = NEW.domain WHERE record = NEW.id;
    END IF;
    RETURN NULL;
END
$$;

-- Makes the records of a table ones with attachments.
CREATE FUNCTION {schema}.have_attachments(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER attachments_go AFTER DELETE ON {schema}.%I
        FOR EACH ROW EXECUTE FUNCTION {schema}.follow_record()', name);
    EXECUTE format('CREATE TRIGGER attachments_follow AFTER UPDATE OF domain ON {schema}.%I
        FOR EACH ROW WHEN (OLD.domain IS DISTINCT FROM NEW.domain) EXECUTE FUNCTION {schema}.follow_record()', name);
END
$$;
