-- Makes a table of the columns that are its own the table of a record: with what every record has, an index for its domain
-- and one for each reference. A record with numbers is `numbered`; one that ends has the states in which it has `ended`,
-- and then, and only then, closure information (G-11). `visibility` is that of `separate`.
CREATE FUNCTION {schema}.make_record(
    name text, numbered boolean DEFAULT false, ended text[] DEFAULT NULL, visibility text DEFAULT 'data'
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    reference text;
BEGIN
    EXECUTE format('ALTER TABLE {schema}.%I
        ADD COLUMN id uuid PRIMARY KEY,
        ADD COLUMN revision bigint NOT NULL,
        ADD COLUMN created_at timestamptz NOT NULL,
        ADD COLUMN created_by text NOT NULL,
        ADD COLUMN updated_at timestamptz NOT NULL,
        ADD COLUMN updated_by text NOT NULL,
        ADD COLUMN domain text COLLATE "C" NOT NULL', name);
    EXECUTE format('CREATE INDEX %I ON {schema}.%I (domain, id)', name || '_domain', name);
    IF numbered THEN
        EXECUTE format('CREATE SEQUENCE {schema}.%I', name || '_number');
        EXECUTE format('ALTER TABLE {schema}.%I ADD COLUMN number text NOT NULL UNIQUE', name);
    END IF;
    IF ended IS NOT NULL THEN
        EXECUTE format('ALTER TABLE {schema}.%I
            ADD COLUMN active boolean NOT NULL,
            ADD COLUMN closed_at timestamptz,
            ADD COLUMN closed_by text,
            ADD COLUMN close_notes text,
            ADD CONSTRAINT %I CHECK (
                CASE WHEN state = ANY (%L::text[]) THEN NOT active AND closed_at IS NOT NULL AND closed_by IS NOT NULL
                ELSE active AND closed_at IS NULL AND closed_by IS NULL END)', name, name || '_closure', ended);
    END IF;
    FOR reference IN
        SELECT attname FROM pg_attribute
        WHERE attrelid = format('{schema}.%I', name)::regclass AND atttypid = 'uuid'::regtype AND attnum > 0
            AND NOT attisdropped AND attname <> 'id'
        ORDER BY attnum
    LOOP
        EXECUTE format('CREATE INDEX %I ON {schema}.%I (%I)', name || '_' || reference, name, reference);
    END LOOP;
    PERFORM {schema}.separate(name, visibility);
END
$$;
