-- Copies of other services' records, fed by their events; see Replicas.swift.

CREATE TABLE customer_success.customer_account (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text,
    escalated boolean,
    currency text
);
SELECT customer_success.separate('customer_account');

CREATE TABLE customer_success.customer_contact (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    account uuid,
    first_name text,
    last_name text,
    email text,
    phone text,
    title text
);
SELECT customer_success.separate('customer_contact');

CREATE TABLE customer_success.onboarding_case (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    account uuid,
    state text,
    go_live_date date
);
SELECT customer_success.separate('onboarding_case');

CREATE TABLE customer_success.contract (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    account uuid,
    number text,
    end_date date,
    contract_value numeric
);
SELECT customer_success.separate('contract');

CREATE TABLE customer_success.sold_product (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    account uuid,
    name text
);
SELECT customer_success.separate('sold_product');

CREATE TABLE customer_success."user" (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text,
    email text,
    active boolean
);
SELECT customer_success.separate('user');

CREATE TABLE customer_success.responsibility_definition (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text,
    side text
);
SELECT customer_success.separate('responsibility_definition', 'definition');
