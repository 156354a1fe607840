-- Copies of onboarding's records, fed by their events; see Replicas.swift.

CREATE TABLE import_validation.customer_account (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text
);
SELECT import_validation.separate('customer_account');

CREATE TABLE import_validation.onboarding_case (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text,
    account uuid,
    state text,
    assigned_to text
);
SELECT import_validation.separate('onboarding_case');
