-- Copies of other services' records, fed by their events; see Replicas.swift.

CREATE TABLE notifier."user" (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text,
    email text,
    language text,
    account uuid,
    active boolean
);
SELECT notifier.separate('user');

CREATE TABLE notifier.role_grant (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    "user" text,
    role text
);
CREATE INDEX role_grant_user ON notifier.role_grant ("user");
SELECT notifier.separate('role_grant');

CREATE TABLE notifier.definition_record (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    title text
);
SELECT notifier.separate('definition_record');
