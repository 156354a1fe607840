-- Copies of people whom import tasks name, fed by onboarding's events; see Replicas.swift.

CREATE TABLE import_validation."user" (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    account uuid,
    active boolean
);
SELECT import_validation.separate('user');

CREATE TABLE import_validation.customer_contact (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    account uuid
);
SELECT import_validation.separate('customer_contact');
