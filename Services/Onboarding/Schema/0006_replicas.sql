-- Copies of other services' records, fed by their events; see Replicas.swift.

CREATE TABLE onboarding.squad_member (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    account uuid,
    "user" text
);
SELECT onboarding.separate('squad_member');

CREATE TABLE onboarding.import_task (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text,
    parent uuid,
    state text
);
CREATE INDEX import_task_parent ON onboarding.import_task (parent);
SELECT onboarding.separate('import_task');
