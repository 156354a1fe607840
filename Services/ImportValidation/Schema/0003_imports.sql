-- Account lifecycle import task.
CREATE SEQUENCE import_validation.import_task_number;
CREATE TABLE import_validation.import_task (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text NOT NULL UNIQUE,
    source_table text NOT NULL,
    target_table text NOT NULL,
    -- The name of the template; no record stands behind it.
    data_source text NOT NULL,
    data_import_state integer
        CONSTRAINT import_task_data_import_state_choice CHECK (data_import_state IN (1, 2, 3, 4, 5, 6, 7, 8)),
    state text
        CONSTRAINT import_task_state_choice CHECK (state IN ('open', 'awaiting_customer', 'awaiting_internal', 'in_progress', 'review', 'closed', 'canceled')),
    type text
        CONSTRAINT import_task_type_choice CHECK (type IN ('data_capture', 'risk_mitigation', 'development', 'training', 'testing')),
    account uuid NOT NULL,
    parent uuid NOT NULL,
    visible_to_customer boolean,
    short_description text,
    description text,
    contact uuid,
    assigned_to text,
    close_notes text,
    company uuid,
    progress text
        CONSTRAINT import_task_progress_choice CHECK (progress IN ('not_started', 'on_track', 'at_risk', 'paused', 'finished')),
    priority integer
        CONSTRAINT import_task_priority_choice CHECK (priority IN (1, 2, 3, 4, 5)),
    due_date date,
    active boolean,
    closed_at timestamptz,
    closed_by text
);
CREATE INDEX import_task_domain ON import_validation.import_task (domain, id);
CREATE INDEX import_task_account ON import_validation.import_task (account);
CREATE INDEX import_task_parent ON import_validation.import_task (parent);
CREATE INDEX import_task_contact ON import_validation.import_task (contact);
CREATE INDEX import_task_assigned_to ON import_validation.import_task (assigned_to);
CREATE INDEX import_task_company ON import_validation.import_task (company);
-- The tasks that a new case brings along exist once (G-49); people may add more for the same target.
CREATE UNIQUE INDEX import_task_once ON import_validation.import_task (parent, target_table)
    WHERE created_by = 'service:import-validation';
SELECT import_validation.separate('import_task');

-- Upload.
CREATE TABLE import_validation.upload (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    import_task uuid NOT NULL
        CONSTRAINT upload_import_task_fkey REFERENCES import_validation.import_task,
    file_name text NOT NULL,
    size_bytes bigint NOT NULL,
    received_bytes bigint,
    sha256 text,
    state text
        CONSTRAINT upload_state_choice CHECK (state IN ('receiving', 'complete', 'loaded', 'failed')),
    duplicate_of uuid
        CONSTRAINT upload_duplicate_of_fkey REFERENCES import_validation.upload
);
CREATE INDEX upload_domain ON import_validation.upload (domain, id);
CREATE INDEX upload_import_task ON import_validation.upload (import_task);
CREATE INDEX upload_duplicate_of ON import_validation.upload (duplicate_of);
SELECT import_validation.separate('upload');

-- Import run.
CREATE TABLE import_validation.import_run (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    import_task uuid NOT NULL
        CONSTRAINT import_run_import_task_fkey REFERENCES import_validation.import_task,
    kind text NOT NULL
        CONSTRAINT import_run_kind_choice CHECK (kind IN ('load', 'validate', 'publish')),
    state text
        CONSTRAINT import_run_state_choice CHECK (state IN ('queued', 'running', 'completed', 'failed')),
    upload uuid
        CONSTRAINT import_run_upload_fkey REFERENCES import_validation.upload,
    total_rows bigint,
    done_rows bigint,
    failed_rows bigint,
    message text,
    started_at timestamptz,
    completed_at timestamptz
);
CREATE INDEX import_run_domain ON import_validation.import_run (domain, id);
CREATE INDEX import_run_import_task ON import_validation.import_run (import_task);
CREATE INDEX import_run_upload ON import_validation.import_run (upload);
SELECT import_validation.separate('import_run');
