-- For tables whose rows stay as they were written.
CREATE FUNCTION {schema}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

-- The tables of playbooks (Shared/Playbooks), for a service that has them.
CREATE FUNCTION {schema}.make_playbooks() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- What administrators change. `playbook` is the protobuf of ale.playbooks.v1.Playbook.
    CREATE TABLE {schema}.playbook_definition (
        key text NOT NULL,
        state text NOT NULL CONSTRAINT playbook_definition_state_choice CHECK (state IN ('draft', 'active', 'retired')),
        parent_table text NOT NULL,
        playbook bytea NOT NULL,
        version integer NOT NULL DEFAULT 0,
        -- `playbook` as it was when that version was made.
        activated bytea
    );
    PERFORM {schema}.make_record('playbook_definition', visibility => 'definition');
    ALTER TABLE {schema}.playbook_definition ADD CONSTRAINT playbook_definition_unique UNIQUE (domain, key);

    -- What was activated; never changed.
    CREATE TABLE {schema}.playbook_version (
        id uuid PRIMARY KEY,
        domain text COLLATE "C" NOT NULL,
        definition uuid NOT NULL REFERENCES {schema}.playbook_definition,
        number integer NOT NULL,
        playbook bytea NOT NULL,
        activated_at timestamptz NOT NULL,
        activated_by text NOT NULL,
        UNIQUE (definition, number)
    );
    PERFORM {schema}.separate('playbook_version', 'definition');
    CREATE TRIGGER playbook_version_kept BEFORE UPDATE OR DELETE ON {schema}.playbook_version
        FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change();

    -- Kinds of activity as administrators have them (G-130). `content` is the protobuf of ale.playbooks.v1.ActivityDefinition.
    CREATE TABLE {schema}.activity_definition (
        key text NOT NULL,
        built_in text NOT NULL,
        content bytea NOT NULL,
        active boolean NOT NULL DEFAULT true
    );
    PERFORM {schema}.make_record('activity_definition', visibility => 'definition');
    ALTER TABLE {schema}.activity_definition ADD CONSTRAINT activity_definition_unique UNIQUE (domain, key);

    CREATE TABLE {schema}.playbook_run (
        id uuid PRIMARY KEY,
        revision bigint NOT NULL,
        domain text COLLATE "C" NOT NULL,
        definition uuid NOT NULL REFERENCES {schema}.playbook_definition,
        version uuid NOT NULL REFERENCES {schema}.playbook_version,
        number integer NOT NULL,
        parent_table text NOT NULL,
        -- NULL while the first activity has not made it.
        record uuid,
        state text NOT NULL CONSTRAINT playbook_run_state_choice CHECK (state IN ('in_progress', 'done', 'canceled')),
        started_at timestamptz NOT NULL,
        started_by text NOT NULL,
        ended_at timestamptz,
        ended_by text
    );
    CREATE INDEX playbook_run_record ON {schema}.playbook_run (record, started_at DESC, id);
    CREATE INDEX playbook_run_definition ON {schema}.playbook_run (definition);
    CREATE INDEX playbook_run_version ON {schema}.playbook_run (version);
    CREATE INDEX playbook_run_domain ON {schema}.playbook_run (domain, id);
    PERFORM {schema}.separate('playbook_run');

    CREATE TABLE {schema}.playbook_activity (
        id uuid PRIMARY KEY,
        revision bigint NOT NULL,
        domain text COLLATE "C" NOT NULL,
        run uuid NOT NULL REFERENCES {schema}.playbook_run ON DELETE CASCADE,
        position integer NOT NULL,
        key text NOT NULL,
        lane text NOT NULL,
        state text NOT NULL CONSTRAINT playbook_activity_state_choice
            CHECK (state IN ('pending', 'in_progress', 'done', 'skipped', 'canceled', 'failed')),
        applies boolean NOT NULL,
        due_date date,
        assigned_to text,
        started_at timestamptz,
        ended_at timestamptz,
        ended_by text,
        -- How often it was started and completed: request ids and e-mails follow from it.
        starts integer NOT NULL DEFAULT 0,
        completions integer NOT NULL DEFAULT 0,
        -- What is entered, what it has made, and what people should know of it: lists, as JSON.
        entered jsonb NOT NULL DEFAULT '[]',
        created jsonb NOT NULL DEFAULT '[]',
        warnings jsonb NOT NULL DEFAULT '[]',
        failure jsonb,
        -- The record it made, by which its end is noticed.
        made uuid,
        UNIQUE (run, position)
    );
    CREATE INDEX playbook_activity_made ON {schema}.playbook_activity (made) WHERE made IS NOT NULL;
    CREATE INDEX playbook_activity_assigned_to ON {schema}.playbook_activity (assigned_to, state);
    PERFORM {schema}.separate('playbook_activity');

    CREATE TABLE {schema}.playbook_log (
        id uuid PRIMARY KEY,
        domain text COLLATE "C" NOT NULL,
        run uuid NOT NULL REFERENCES {schema}.playbook_run ON DELETE CASCADE,
        activity uuid,
        at timestamptz NOT NULL,
        by text NOT NULL,
        action text NOT NULL,
        field text,
        old_value text,
        new_value text
    );
    CREATE INDEX playbook_log_run ON {schema}.playbook_log (run, at DESC, id DESC);
    PERFORM {schema}.separate('playbook_log');

    -- What other services have yet to do for activities.
    CREATE TABLE {schema}.playbook_call (
        id uuid PRIMARY KEY,
        domain text COLLATE "C" NOT NULL,
        run uuid NOT NULL REFERENCES {schema}.playbook_run ON DELETE CASCADE,
        activity uuid NOT NULL REFERENCES {schema}.playbook_activity ON DELETE CASCADE,
        action text NOT NULL CONSTRAINT playbook_call_action_choice CHECK (action IN ('create', 'close', 'cancel')),
        remote_table text NOT NULL,
        -- Of the new record, or the notes with which one is closed.
        fields jsonb NOT NULL,
        target uuid,
        adopts boolean NOT NULL,
        failures integer NOT NULL DEFAULT 0
    );
    CREATE INDEX playbook_call_activity ON {schema}.playbook_call (activity);
    CREATE INDEX playbook_call_run ON {schema}.playbook_call (run);
    PERFORM {schema}.separate('playbook_call');
    PERFORM {schema}.make_queue('playbook_call');
END
$$;
