-- The table of recommended actions (Shared/RecommendedActions), for a service that has them.
CREATE FUNCTION {schema}.make_recommended_actions() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Contexts, rules, recommendations, guidances, field recommendations and decision trees. `content` is the protobuf of
    -- ale.recommended_actions.v1.ActionDefinition; `names` are the keys of the definitions that it names.
    CREATE TABLE {schema}.action_definition (
        key text NOT NULL,
        kind text NOT NULL CONSTRAINT action_definition_kind_choice CHECK (kind IN (
            'context', 'rule', 'recommendation', 'guidance', 'field_recommendation', 'decision_tree')),
        content bytea NOT NULL,
        active boolean NOT NULL DEFAULT true,
        names text[] NOT NULL DEFAULT '{}'
    );
    PERFORM {schema}.make_record('action_definition', visibility => 'definition');
    ALTER TABLE {schema}.action_definition ADD CONSTRAINT action_definition_unique UNIQUE (domain, key);
    CREATE INDEX action_definition_names ON {schema}.action_definition USING gin (names);
END
$$;
