-- By which checks a row was judged: the number of their version, 0 where it is not known. Rows that were judged by others
-- than those in force are to be judged again, and are found without looking at all others. See
-- docs/adr/0037-rows-know-their-checks.md.
ALTER TABLE import_validation.staging_row ADD COLUMN check_version bigint NOT NULL DEFAULT 0;
CREATE INDEX staging_row_judged ON import_validation.staging_row (import_task, status, check_version)
    WHERE status IN ('needs_attention', 'ready_to_publish');

-- How many rows a run has sent back to be judged again: counted with them, so that it can be told after a crash as well.
ALTER TABLE import_validation.import_run_work ADD COLUMN sent_back bigint NOT NULL DEFAULT 0;

-- The checks that rows of a publication had passed; NULL in rows that an earlier version has published, for which those of
-- the publication stand.
ALTER TABLE import_validation.publication_row ADD COLUMN check_version bigint;
CREATE TABLE import_validation.publication_checks (
    publication uuid NOT NULL
        CONSTRAINT publication_checks_publication_fkey REFERENCES import_validation.publication,
    number bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text NOT NULL,
    -- Those of administrators: their names and etags.
    checks text[] NOT NULL,
    PRIMARY KEY (publication, number)
);
SELECT import_validation.separate('publication_checks');

-- Where the fields of a file stood when its rows were published: the file may be loaded again with other columns.
CREATE TABLE import_validation.publication_source (
    publication uuid NOT NULL
        CONSTRAINT publication_source_publication_fkey REFERENCES import_validation.publication,
    upload uuid NOT NULL,
    domain text COLLATE "C" NOT NULL,
    fields text[] NOT NULL,
    letters text[] NOT NULL,
    PRIMARY KEY (publication, upload)
);
SELECT import_validation.separate('publication_source');
INSERT INTO import_validation.publication_source (publication, upload, domain, fields, letters)
    SELECT DISTINCT r.publication, r.upload, s.domain, s.fields, s.letters
    FROM import_validation.publication_row AS r JOIN import_validation.import_source AS s ON s.upload = r.upload;
