-- The tables of migrations of playbook runs (Shared/Playbooks), for a service that has playbooks.
CREATE FUNCTION {schema}.make_playbook_migrations() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Activities change their places side by side. Those below 0 have none in the version of their run.
    ALTER TABLE {schema}.playbook_activity DROP CONSTRAINT playbook_activity_run_position_key;
    ALTER TABLE {schema}.playbook_activity ADD CONSTRAINT playbook_activity_run_position_key
        UNIQUE (run, position) DEFERRABLE INITIALLY IMMEDIATE;

    -- The runs that a migration looks at.
    CREATE INDEX playbook_run_open ON {schema}.playbook_run (definition, id) WHERE state = 'in_progress';

    CREATE TABLE {schema}.playbook_migration (
        id uuid PRIMARY KEY,
        domain text COLLATE "C" NOT NULL,
        definition uuid NOT NULL REFERENCES {schema}.playbook_definition ON DELETE CASCADE,
        version uuid NOT NULL REFERENCES {schema}.playbook_version,
        cases integer NOT NULL,
        has_more boolean NOT NULL,
        created_at timestamptz NOT NULL,
        created_by text NOT NULL
    );
    CREATE INDEX playbook_migration_definition ON {schema}.playbook_migration (definition, created_at DESC, id DESC);
    CREATE INDEX playbook_migration_version ON {schema}.playbook_migration (version);
    PERFORM {schema}.separate('playbook_migration');

    -- What becomes of each run: previewed, then applied or refused.
    CREATE TABLE {schema}.playbook_migration_case (
        id uuid PRIMARY KEY,
        domain text COLLATE "C" NOT NULL,
        migration uuid NOT NULL REFERENCES {schema}.playbook_migration ON DELETE CASCADE,
        position integer NOT NULL,
        run uuid NOT NULL REFERENCES {schema}.playbook_run ON DELETE CASCADE,
        record uuid NOT NULL,
        number text NOT NULL,
        from_number integer NOT NULL,
        state text NOT NULL CONSTRAINT playbook_migration_case_state_choice
            CHECK (state IN ('previewed', 'applying', 'applied', 'undoing', 'undone', 'refused')),
        -- The message that was previewed.
        preview bytea NOT NULL,
        -- The work that is to move it.
        call uuid,
        -- For the undo: run and activities as they were before; how activities were left, and what was made beside them.
        ground jsonb,
        outcome jsonb,
        refusal text,
        refusal_ko text,
        applied_at timestamptz,
        applied_by text,
        undone_at timestamptz,
        undone_by text,
        UNIQUE (migration, position)
    );
    CREATE INDEX playbook_migration_case_run ON {schema}.playbook_migration_case (run);
    CREATE INDEX playbook_migration_case_call ON {schema}.playbook_migration_case (call) WHERE call IS NOT NULL;
    PERFORM {schema}.separate('playbook_migration_case');

    -- Cases that have yet to be moved.
    CREATE TABLE {schema}.playbook_migration_call (
        id uuid PRIMARY KEY,
        domain text COLLATE "C" NOT NULL,
        migration uuid NOT NULL REFERENCES {schema}.playbook_migration ON DELETE CASCADE,
        -- In whose name.
        requester text NOT NULL,
        is_back boolean NOT NULL,
        failures integer NOT NULL DEFAULT 0
    );
    CREATE INDEX playbook_migration_call_migration ON {schema}.playbook_migration_call (migration);
    PERFORM {schema}.separate('playbook_migration_call');
    PERFORM {schema}.make_queue('playbook_migration_call');
END
$$;
