-- Rows of workbooks waiting to be corrected and published. One table for all staging tables: the task says which one
-- a row belongs to, and the task's target which fields its cells are.
CREATE TABLE import_validation.staging_row (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    -- Empty until the row is first judged again, corrected or published.
    updated_at timestamptz,
    -- Who corrected the row last.
    updated_by text,
    domain text COLLATE "C" NOT NULL,
    -- No foreign keys: they would be checked row by row and take most of the time of a load. A task stays as long as it
    -- has uploads, and uploads are never removed.
    import_task uuid NOT NULL,
    upload uuid NOT NULL,
    row_number integer NOT NULL,
    source_file text NOT NULL,
    status text COLLATE "C" NOT NULL
        CONSTRAINT staging_row_status_choice
            CHECK (status IN ('yet_to_validate', 'needs_attention', 'ready_to_publish', 'published')),
    comment text,
    -- In the order of the target's importable fields; the empty text is an empty cell.
    cells text[] NOT NULL,
    target_record uuid,
    -- The publish run that a row was chosen for, as long as that run is open.
    publish_run uuid
);
CREATE INDEX staging_row_list ON import_validation.staging_row (import_task, status, row_number, id);
CREATE INDEX staging_row_chosen ON import_validation.staging_row (publish_run) WHERE publish_run IS NOT NULL;
SELECT import_validation.separate('staging_row');

-- Runs that are queued or under way, and who works on them. A worker that falls silent loses its run to another.
CREATE TABLE import_validation.import_run_work (
    run uuid PRIMARY KEY
        CONSTRAINT import_run_work_run_fkey REFERENCES import_validation.import_run,
    domain text COLLATE "C" NOT NULL,
    import_task uuid NOT NULL,
    kind text NOT NULL,
    -- On whose behalf: the caller as he was when he asked.
    requester jsonb NOT NULL,
    -- Publish every row that is ready, instead of those chosen for the run.
    all_ready boolean NOT NULL DEFAULT false,
    worker text,
    beat_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT now(),
    queued_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX import_run_work_queue ON import_validation.import_run_work (queued_at);
SELECT import_validation.separate('import_run_work');
