-- What the service knows of the people who call it: asked of onboarding at the first call, forgotten when an event says
-- that something has changed. Nobody whose domain lies below the root sees any of it.
CREATE TABLE {schema}.standing (
    subject uuid PRIMARY KEY,
    domain text COLLATE "C" NOT NULL DEFAULT '/',
    -- Grows with every change that was heard of: an answer to a question asked before the last one is not kept.
    changes bigint NOT NULL DEFAULT 0,
    -- ale.onboarding.v1.Standing; NULL when it has to be asked for.
    facts bytea,
    -- The contacts in it, since a contact may cease to name the person.
    contacts uuid[] NOT NULL DEFAULT '{}'
);
CREATE INDEX standing_contacts ON {schema}.standing USING gin (contacts);
SELECT {schema}.separate('standing');
