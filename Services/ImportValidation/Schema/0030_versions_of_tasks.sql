-- By which checks rows of a task may have been judged: a few lines for each task, noted with the rows. An index over all rows
-- that found those of other checks was a fifth of what taking a row in cost. See docs/adr/0037-rows-know-their-checks.md.
CREATE TABLE import_validation.judging_version (
    import_task uuid NOT NULL,
    check_version bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    PRIMARY KEY (import_task, check_version)
);
SELECT import_validation.separate('judging_version');
CREATE POLICY shown ON import_validation.judging_version AS RESTRICTIVE FOR SELECT
    USING ((SELECT coalesce(current_setting('ale.accounts', true), '') = ''));
INSERT INTO import_validation.judging_version (import_task, check_version, domain)
    SELECT DISTINCT ON (import_task, check_version) import_task, check_version, domain FROM import_validation.staging_row;
DROP INDEX import_validation.staging_row_judged;

-- What comes in directly is judged by the very words of the policy, once for all rows of a statement that are of one domain,
-- and noted, also of an instance of the version before.
CREATE OR REPLACE FUNCTION import_validation.guard_intake() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_foreign boolean;
BEGIN
    EXECUTE format($statement$
        WITH kind AS MATERIALIZED (SELECT DISTINCT domain, import_task, check_version FROM added),
        noted AS (
            INSERT INTO import_validation.judging_version (import_task, check_version, domain)
            SELECT import_task, check_version, domain FROM kind WHERE %1$s ON CONFLICT DO NOTHING)
        SELECT EXISTS (SELECT FROM kind WHERE (%1$s) IS NOT TRUE)
        $statement$, import_validation.own_rows('staging_row'))
        INTO is_foreign;
    IF is_foreign THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'new row violates row-level security policy for table "staging_row"';
    END IF;
    RETURN NULL;
END
$$;
