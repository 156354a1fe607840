-- Domain. A row belongs to the domain it describes, so that it is seen from there and from above.
CREATE SEQUENCE onboarding.domain_segment;
CREATE TABLE onboarding.domain (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL CONSTRAINT domain_path_unique UNIQUE,
    name text NOT NULL,
    parent text COLLATE "C" NOT NULL,
    active boolean,
    CONSTRAINT domain_is_its_own CHECK (domain = path)
);
CREATE INDEX domain_parent ON onboarding.domain (parent);
CREATE INDEX domain_domain ON onboarding.domain (domain, id);
SELECT onboarding.separate('domain');

-- Customer account. Each has a domain of its own.
CREATE SEQUENCE onboarding.customer_account_number;
CREATE TABLE onboarding.customer_account (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text NOT NULL,
    account_number text NOT NULL UNIQUE,
    parent uuid
        CONSTRAINT customer_account_parent_fkey REFERENCES onboarding.customer_account,
    status text
        CONSTRAINT customer_account_status_choice CHECK (status IN ('active', 'inactive')),
    escalated boolean,
    escalated_at timestamptz,
    primary_contact uuid,
    currency text
);
CREATE INDEX customer_account_domain ON onboarding.customer_account (domain, id);
CREATE INDEX customer_account_name ON onboarding.customer_account (name);
CREATE INDEX customer_account_parent ON onboarding.customer_account (parent);
CREATE INDEX customer_account_primary_contact ON onboarding.customer_account (primary_contact);
SELECT onboarding.separate('customer_account');

-- Customer contact.
CREATE TABLE onboarding.customer_contact (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    first_name text NOT NULL,
    last_name text NOT NULL,
    email text NOT NULL,
    account uuid NOT NULL
        CONSTRAINT customer_contact_account_fkey REFERENCES onboarding.customer_account,
    "user" text,
    phone text,
    title text,
    active boolean
);
CREATE INDEX customer_contact_domain ON onboarding.customer_contact (domain, id);
CREATE INDEX customer_contact_account ON onboarding.customer_contact (account);
CREATE INDEX customer_contact_user ON onboarding.customer_contact ("user");
CREATE UNIQUE INDEX customer_contact_account_email ON onboarding.customer_contact (account, lower(email));  -- G-56
SELECT onboarding.separate('customer_contact');

ALTER TABLE onboarding.customer_account
    ADD CONSTRAINT customer_account_primary_contact_fkey FOREIGN KEY (primary_contact) REFERENCES onboarding.customer_contact;

-- User.
CREATE TABLE onboarding.user (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    language text
        CONSTRAINT user_language_choice CHECK (language IN ('en', 'ko')),
    account uuid
        CONSTRAINT user_account_fkey REFERENCES onboarding.customer_account,
    active boolean
);
CREATE INDEX user_domain ON onboarding.user (domain, id);
CREATE INDEX user_account ON onboarding.user (account);
CREATE UNIQUE INDEX user_email ON onboarding.user (lower(email));
SELECT onboarding.separate('user');

-- Role grant.
CREATE TABLE onboarding.role_grant (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    "user" text NOT NULL,
    role text NOT NULL,
    CONSTRAINT role_grant_unique UNIQUE ("user", role)
);
CREATE INDEX role_grant_domain ON onboarding.role_grant (domain, id);
CREATE INDEX role_grant_user ON onboarding.role_grant ("user");
SELECT onboarding.separate('role_grant');
