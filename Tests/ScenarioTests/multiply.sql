-- Thousands of everything: each record of the five schemas, and each copy of one, is there some :copies times more,
-- with an id, a number and unique texts of its own. For the superuser; nothing that waits to be done is multiplied.
SET session_replication_role = replica;
SET synchronous_commit = off;

CREATE FUNCTION pg_temp.multiply(place regclass, copies int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    present bigint;
    told text;
    columns text;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', place) INTO present;
    IF present = 0 THEN RETURN; END IF;
    -- Columns that a copy has its own values of: the id, and the texts of unique indexes.
    SELECT string_agg(format('%L, %s', a.attname,
        CASE WHEN a.attname = 'id' THEN 'gen_random_uuid()' ELSE format('t.%I || ''-'' || copy', a.attname) END), ', ')
    INTO told
    FROM pg_attribute a
    WHERE a.attrelid = place AND a.attnum > 0 AND NOT a.attisdropped AND (a.attname = 'id'
        OR (a.atttypid = 'text'::regtype AND a.attname NOT IN ('domain', 'user', 'role') AND EXISTS (
            -- By themselves, or by how they look.
            SELECT FROM pg_index i JOIN pg_attribute k ON k.attrelid = place AND k.attnum = ANY (i.indkey)
            WHERE i.indrelid = place AND i.indisunique AND k.attname IN (a.attname, a.attname || '_alike'))
            -- Not those that are a choice.
            AND NOT EXISTS (
                SELECT FROM pg_constraint c WHERE c.conrelid = place AND c.contype = 'c' AND a.attnum = ANY (c.conkey))));
    SELECT string_agg(quote_ident(attname), ', ') INTO columns
    FROM pg_attribute WHERE attrelid = place AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    -- That it names the copy has it made anew for each.
    EXECUTE format(
        'INSERT INTO %1$s (%3$s) SELECT %4$s
         FROM (SELECT * FROM %1$s LIMIT $1) t, generate_series(1, greatest($1 / $2, 1)) copy,
         LATERAL jsonb_populate_record(NULL::%1$s, to_jsonb(t) || jsonb_build_object(%2$s, ''copy'', copy)) made
         ON CONFLICT DO NOTHING', place, told, columns,
        (SELECT string_agg('made.' || item, ', ') FROM unnest(string_to_array(columns, ', ')) item)) USING copies, present;
END $$;

SELECT pg_temp.multiply(c.oid::regclass, :copies)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('onboarding', 'import_validation', 'customer_success', 'play_launcher', 'notifier')
    -- Paths of domains are no texts to be changed; of checks a run carries out every one; and of activities a run has each
    -- once.
    AND c.relkind = 'r' AND c.relname NOT IN ('domain', 'data_validation_assist', 'playbook_activity')
    AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'id' AND a.atttypid = 'uuid'::regtype)
    AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'revision');

ANALYZE;
