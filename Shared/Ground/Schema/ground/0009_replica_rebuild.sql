-- Replicas that an operator has asked to be rebuilt from their owner: how far it has come, and when it was last done.
CREATE TABLE {schema}.replica_rebuild (
    table_name text PRIMARY KEY,
    domain text COLLATE "C" NOT NULL DEFAULT '/',
    asked_at timestamptz NOT NULL,
    asked_by text NOT NULL,
    is_open boolean NOT NULL DEFAULT TRUE,
    -- The owner's page that comes next, and the id up to which the copies have been compared.
    page_token text NOT NULL DEFAULT '',
    reached uuid,
    stored bigint NOT NULL DEFAULT 0,
    removed bigint NOT NULL DEFAULT 0,
    rebuilt_at timestamptz
);
SELECT {schema}.separate('replica_rebuild');
