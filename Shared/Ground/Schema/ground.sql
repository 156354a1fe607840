-- What every service's schema holds besides its records. {schema} is the service's schema, ale_{schema} its login,
-- which owns nothing: row-level security binds it.

GRANT USAGE ON SCHEMA {schema} TO ale_{schema};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE ON SEQUENCES TO ale_{schema};

-- Puts a table under row-level security. Data is seen in its own domain and from the domains above it; definitions
-- are seen in their own domain and from those below, and written like data. Without a scope nothing is seen.
CREATE FUNCTION {schema}.separate(name text, visibility text DEFAULT 'data') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- NULL for what is not set, or was set in an earlier transaction of the session: half a scope sees nothing either.
    own text := $p$domain >= nullif(current_setting('ale.scope_lower', true), '')
        AND domain < nullif(current_setting('ale.scope_upper', true), '')$p$;
    above text := $p$domain = ANY (coalesce(nullif(current_setting('ale.ancestors', true), ''), '{}')::text[])$p$;
BEGIN
    EXECUTE format('ALTER TABLE {schema}.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.%I TO ale_{schema}', name);
    EXECUTE format('CREATE POLICY own ON {schema}.%I USING (%s) WITH CHECK (%s)', name, own, own);
    IF visibility = 'definition' THEN
        EXECUTE format('CREATE POLICY above ON {schema}.%I FOR SELECT USING (%s)', name, above);
    END IF;
END
$$;

-- Events on their way out, and kept: the stream can be rebuilt from here.
CREATE TABLE {schema}.outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    domain text COLLATE "C" NOT NULL,
    subject text NOT NULL,
    record uuid NOT NULL,
    trace text,
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
CREATE INDEX outbox_unsent ON {schema}.outbox (seq) WHERE sent_at IS NULL;
SELECT {schema}.separate('outbox');

-- Which stream the outbox was last sent to, so that a new one is noticed.
CREATE TABLE {schema}.relay (
    stream text PRIMARY KEY,
    created text NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON {schema}.relay TO ale_{schema};

-- Events that have had their effect, one row per consumer, written in the transaction of the effect.
CREATE TABLE {schema}.inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    domain text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
SELECT {schema}.separate('inbox');

-- Answers given under a request id (AIP-155). The domain is part of the key: one subject may call from several, and
-- none of them learns of the others.
CREATE TABLE {schema}.request_log (
    caller text NOT NULL,
    request_id text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    method text NOT NULL,
    request_hash bytea NOT NULL,
    response bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (caller, domain, request_id)
);
CREATE INDEX request_log_age ON {schema}.request_log (created_at);
SELECT {schema}.separate('request_log');

-- What happened to every record; rows are only added.
CREATE TABLE {schema}.journal (
    id uuid PRIMARY KEY,
    table_name text NOT NULL,
    record uuid NOT NULL,
    domain text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('created', 'field', 'work_notes', 'additional_comments')),
    fields text[] NOT NULL DEFAULT '{}',
    old_values text[] NOT NULL DEFAULT '{}',
    new_values text[] NOT NULL DEFAULT '{}',
    text text
);
CREATE INDEX journal_record ON {schema}.journal (record, id DESC);
SELECT {schema}.separate('journal');
REVOKE UPDATE, DELETE ON {schema}.journal FROM ale_{schema};
