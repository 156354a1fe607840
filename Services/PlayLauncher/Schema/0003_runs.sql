-- Flow run.
CREATE TABLE play_launcher.flow_run (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    definition_record uuid
        CONSTRAINT flow_run_definition_record_fkey REFERENCES play_launcher.definition_record,
    flow text,
    flow_version text,
    state text NOT NULL
        CONSTRAINT flow_run_state_choice CHECK (state IN ('started', 'in_progress', 'waiting', 'completed', 'failed')),
    source_table text NOT NULL,
    source_record uuid NOT NULL,
    engagement uuid,
    account uuid,
    answers text,
    requested_by text,
    started_at timestamptz,
    completed_at timestamptz,
    created_records text,
    message text
);
CREATE INDEX flow_run_domain ON play_launcher.flow_run (domain, id);
CREATE INDEX flow_run_definition_record ON play_launcher.flow_run (definition_record);
CREATE INDEX flow_run_source_record ON play_launcher.flow_run (source_record);
CREATE INDEX flow_run_engagement ON play_launcher.flow_run (engagement);
CREATE INDEX flow_run_account ON play_launcher.flow_run (account);
CREATE INDEX flow_run_requested_by ON play_launcher.flow_run (requested_by);
SELECT play_launcher.separate('flow_run');

-- How far each launched run is: what the runner needs beyond what people see. A run belongs to the runner `owner` until
-- `lease_until`; then another may take it.
CREATE TABLE play_launcher.flow_execution (
    run uuid PRIMARY KEY
        CONSTRAINT flow_execution_run_fkey REFERENCES play_launcher.flow_run ON DELETE CASCADE,
    domain text COLLATE "C" NOT NULL,
    -- The person for whom the steps are carried out, as JSON.
    requester text NOT NULL,
    trace text,
    -- Title of the play in the language of the requester.
    title text NOT NULL,
    -- The flow and the subflows it has begun, outermost first: [{"definition": id, "state": …}].
    machines text NOT NULL,
    -- flow: steps are carried out; note: the end is to be told; done.
    phase text NOT NULL DEFAULT 'flow'
        CONSTRAINT flow_execution_phase_choice CHECK (phase IN ('flow', 'note', 'done')),
    due_at timestamptz NOT NULL DEFAULT now(),
    -- Failures of the present step in a row.
    failures integer NOT NULL DEFAULT 0,
    owner uuid,
    lease_until timestamptz
);
CREATE INDEX flow_execution_due ON play_launcher.flow_execution (due_at) WHERE phase <> 'done';
CREATE INDEX flow_execution_owner ON play_launcher.flow_execution (owner) WHERE phase <> 'done';
SELECT play_launcher.separate('flow_execution');

-- The steps of each run, in the order they were begun.
CREATE TABLE play_launcher.flow_step (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    run uuid NOT NULL
        CONSTRAINT flow_step_run_fkey REFERENCES play_launcher.flow_run ON DELETE CASCADE,
    key text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    kind text NOT NULL
        CONSTRAINT flow_step_kind_choice CHECK (kind IN ('call', 'wait', 'emit', 'run')),
    method text,
    state text NOT NULL DEFAULT 'pending'
        CONSTRAINT flow_step_state_choice CHECK (state IN ('pending', 'done', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    result text,
    error text,
    at timestamptz NOT NULL,
    PRIMARY KEY (run, key)
);
CREATE INDEX flow_step_order ON play_launcher.flow_step (run, seq);
SELECT play_launcher.separate('flow_step');
