-- The batches of a publication on their way to the owner: while it writes one, the next is made ready. Each as it is sent, with
-- its rows as they were read: after a crash the same bytes are sent again, so that what they did is known.
CREATE TABLE import_validation.publication_batch (
    publication uuid NOT NULL
        CONSTRAINT publication_batch_publication_fkey REFERENCES import_validation.publication,
    number bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    request bytea NOT NULL,
    rows jsonb NOT NULL,
    PRIMARY KEY (publication, number)
);
-- They are gone as soon as their answer is kept: packing them costs more than it saves.
ALTER TABLE import_validation.publication_batch ALTER COLUMN request SET STORAGE EXTERNAL;
ALTER TABLE import_validation.publication_batch ALTER COLUMN rows SET STORAGE EXTERNAL;
SELECT import_validation.separate('publication_batch');
CREATE POLICY shown ON import_validation.publication_batch AS RESTRICTIVE FOR SELECT
    USING ((SELECT coalesce(current_setting('ale.accounts', true), '') = ''));

INSERT INTO import_validation.publication_batch (publication, number, domain, request, rows)
    SELECT id, 1, domain, sending, sending_rows FROM import_validation.publication WHERE sending IS NOT NULL;
ALTER TABLE import_validation.publication DROP COLUMN sending, DROP COLUMN sending_rows;
