-- Plans, what publications did, and where published values come from (G-55, G-56, G-133). All of it lies apart from the
-- staged rows and stays when these are removed. See docs/adr/0030-plan-publish-undo.md.
ALTER TABLE import_validation.import_run DROP CONSTRAINT import_run_kind_choice;
ALTER TABLE import_validation.import_run ADD CONSTRAINT import_run_kind_choice
    CHECK (kind IN ('load', 'validate', 'publish', 'plan', 'undo'));

-- A plan bears the id of the run that makes it.
CREATE TABLE import_validation.import_plan (
    id uuid PRIMARY KEY
        CONSTRAINT import_plan_id_fkey REFERENCES import_validation.import_run,
    domain text COLLATE "C" NOT NULL,
    import_task uuid NOT NULL
        CONSTRAINT import_plan_import_task_fkey REFERENCES import_validation.import_task,
    -- The rows it is for; NULL for all that are ready.
    chosen uuid[],
    -- The checks that were in force when it was asked for.
    check_version text NOT NULL
);
CREATE INDEX import_plan_import_task ON import_validation.import_plan (import_task);
SELECT import_validation.separate('import_plan');

CREATE TABLE import_validation.import_plan_row (
    plan uuid NOT NULL
        CONSTRAINT import_plan_row_plan_fkey REFERENCES import_validation.import_plan,
    -- The order in which rows are published.
    number bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    -- The row as it was; without a foreign key, for the plan stays when the row goes.
    staging_row uuid NOT NULL,
    revision bigint NOT NULL,
    row_number integer NOT NULL,
    source_file text NOT NULL,
    source_sheet text,
    outcome text COLLATE "C" NOT NULL
        CONSTRAINT import_plan_row_outcome_choice
            CHECK (outcome IN ('insert', 'update', 'unchanged', 'conflict', 'double')),
    -- What the owner has said of the record: see PublishResult.
    target_record uuid,
    etag text,
    key uuid,
    content text,
    -- Each field: name, before, after.
    fields jsonb,
    reasons jsonb,
    -- What became of the row when the plan was published.
    result text COLLATE "C"
        CONSTRAINT import_plan_row_result_choice CHECK (result IN ('published', 'failed', 'moved')),
    PRIMARY KEY (plan, number)
);
CREATE INDEX import_plan_row_outcome ON import_validation.import_plan_row (plan, outcome, number);
CREATE INDEX import_plan_row_result ON import_validation.import_plan_row (plan, result, number);
CREATE INDEX import_plan_row_key ON import_validation.import_plan_row (plan, key);
SELECT import_validation.separate('import_plan_row');

-- A publication bears the id of the run that publishes.
CREATE TABLE import_validation.publication (
    id uuid PRIMARY KEY
        CONSTRAINT publication_id_fkey REFERENCES import_validation.import_run,
    domain text COLLATE "C" NOT NULL,
    import_task uuid NOT NULL
        CONSTRAINT publication_import_task_fkey REFERENCES import_validation.import_task,
    target_table text NOT NULL,
    -- The plan that it applies; NULL for none.
    plan uuid
        CONSTRAINT publication_plan_fkey REFERENCES import_validation.import_plan,
    published_by text NOT NULL,
    check_version text NOT NULL,
    -- The checks of administrators in force then: their names and etags.
    checks text[] NOT NULL DEFAULT '{}',
    -- The batch on its way to the owner: the request as it is sent, and its rows as they were read. After a crash the same
    -- bytes are sent again, so that what they did is known; NULL when nothing is on its way.
    sending bytea,
    sending_rows jsonb,
    CONSTRAINT publication_sending_whole CHECK ((sending IS NULL) = (sending_rows IS NULL))
);
CREATE INDEX publication_import_task ON import_validation.publication (import_task);
CREATE INDEX publication_plan ON import_validation.publication (plan) WHERE plan IS NOT NULL;
SELECT import_validation.separate('publication');

CREATE TABLE import_validation.publication_row (
    publication uuid NOT NULL
        CONSTRAINT publication_row_publication_fkey REFERENCES import_validation.publication,
    -- The order in which rows were published.
    number bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    staging_row uuid NOT NULL,
    upload uuid NOT NULL,
    source_sheet text,
    row_number integer NOT NULL,
    -- Who corrected the row before it was published; NULL for nobody.
    corrected_by text,
    target_record uuid NOT NULL,
    outcome text COLLATE "C" NOT NULL
        CONSTRAINT publication_row_outcome_choice CHECK (outcome IN ('insert', 'update', 'unchanged')),
    published_at timestamptz NOT NULL,
    fields jsonb,
    -- The undo that dealt with the row last, and either when and by whom it was undone, or why it was kept.
    undo_run uuid,
    undone_at timestamptz,
    undone_by text,
    kept jsonb,
    PRIMARY KEY (publication, number)
);
CREATE INDEX publication_row_target_record ON import_validation.publication_row (target_record, published_at DESC);
SELECT import_validation.separate('publication_row');

-- An undo bears the id of the run that undoes.
CREATE TABLE import_validation.publication_undo (
    id uuid PRIMARY KEY
        CONSTRAINT publication_undo_id_fkey REFERENCES import_validation.import_run,
    domain text COLLATE "C" NOT NULL,
    publication uuid NOT NULL
        CONSTRAINT publication_undo_publication_fkey REFERENCES import_validation.publication
);
CREATE INDEX publication_undo_publication ON import_validation.publication_undo (publication);
SELECT import_validation.separate('publication_undo');

-- Where the fields of a loaded file stood: for each the letters of its column, empty where it has none.
CREATE TABLE import_validation.import_source (
    upload uuid PRIMARY KEY
        CONSTRAINT import_source_upload_fkey REFERENCES import_validation.upload,
    domain text COLLATE "C" NOT NULL,
    fields text[] NOT NULL,
    letters text[] NOT NULL
);
SELECT import_validation.separate('import_source');
