-- What durable work stands on (Shared/Work).

-- Makes a table a queue. A row is worked on by the instance `owner` until `lease_until`, which that instance renews; then
-- by another. `takings` counts how often it was taken. Rows of one `turn` are done one after another; NULL waits for
-- nobody.
CREATE FUNCTION {schema}.make_queue(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE {schema}.%I
        ADD COLUMN IF NOT EXISTS due_at timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN IF NOT EXISTS owner uuid,
        ADD COLUMN IF NOT EXISTS lease_until timestamptz,
        ADD COLUMN IF NOT EXISTS takings integer NOT NULL DEFAULT 0,
        ADD COLUMN IF NOT EXISTS turn text', name);
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON {schema}.%I (due_at)', name || '_due', name);
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON {schema}.%I (turn) WHERE turn IS NOT NULL', name || '_turn', name);
END
$$;

-- The day each daily job was last done on.
CREATE TABLE {schema}.daily_run (
    job text PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    day date NOT NULL,
    done_at timestamptz NOT NULL DEFAULT now()
);
SELECT {schema}.separate('daily_run');

-- What came with the product and was made here once: it is not made again, whatever became of it.
CREATE TABLE {schema}.shipped (
    name text PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
SELECT {schema}.separate('shipped');
