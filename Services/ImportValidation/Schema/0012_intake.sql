-- Rows are taken in by COPY, which Postgres refuses under row-level security. So the table has one partition, into which
-- the service may only add: everything else goes through the table itself and its policies, and the partition refuses
-- what the policy of the table would refuse. See docs/adr/0028-staged-rows-are-copied.md.
ALTER TABLE import_validation.staging_row RENAME TO staging_row_intake;
DROP POLICY own ON import_validation.staging_row_intake;
ALTER TABLE import_validation.staging_row_intake DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON import_validation.staging_row_intake FROM ale_import_validation;
GRANT INSERT ON import_validation.staging_row_intake TO ale_import_validation;

-- The sheet that a row stood on; NULL in a file that has none.
ALTER TABLE import_validation.staging_row_intake ADD COLUMN source_sheet text;
-- Why the row needs attention, cell by cell: the checks and what they say beside the value. The texts are made when they
-- are read, in the language of whoever reads; `comment` is what rows are searched by.
ALTER TABLE import_validation.staging_row_intake ADD COLUMN errors jsonb;
-- What an earlier version has kept is a sentence a line.
UPDATE import_validation.staging_row_intake SET errors = (
    SELECT jsonb_agg(jsonb_build_object('c', 'comment', 'd', jsonb_build_array(line)))
    FROM regexp_split_to_table(comment, E'\n') AS line) WHERE comment <> '';

CREATE TABLE import_validation.staging_row (LIKE import_validation.staging_row_intake INCLUDING DEFAULTS INCLUDING INDEXES)
    PARTITION BY HASH (id);
ALTER TABLE import_validation.staging_row ATTACH PARTITION import_validation.staging_row_intake
    FOR VALUES WITH (MODULUS 1, REMAINDER 0);
SELECT import_validation.separate('staging_row');
-- Rows that were told of a double are found again by its key when one of them is corrected.
CREATE INDEX staging_row_attention ON import_validation.staging_row (natural_key) WHERE status = 'needs_attention';

-- What comes in directly is judged by the very words of the policy, for all rows of a statement at once.
CREATE FUNCTION import_validation.guard_intake() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_foreign boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM added WHERE (%s) IS NOT TRUE)', import_validation.own_rows('staging_row'))
        INTO is_foreign;
    IF is_foreign THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'new row violates row-level security policy for table "staging_row"';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER guard AFTER INSERT ON import_validation.staging_row_intake
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION import_validation.guard_intake();
