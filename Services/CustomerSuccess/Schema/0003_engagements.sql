-- Squad member.
CREATE TABLE customer_success.squad_member (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    "user" text NOT NULL,
    responsibility uuid NOT NULL,
    account uuid NOT NULL,
    active boolean,
    CONSTRAINT squad_member_unique UNIQUE (account, "user", responsibility)  -- BR-55, G-10
);
CREATE INDEX squad_member_domain ON customer_success.squad_member (domain, id);
CREATE INDEX squad_member_user ON customer_success.squad_member ("user");
CREATE INDEX squad_member_responsibility ON customer_success.squad_member (responsibility);
SELECT customer_success.separate('squad_member');

-- Engagement.
CREATE SEQUENCE customer_success.engagement_number;
CREATE TABLE customer_success.engagement (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text NOT NULL UNIQUE,
    account uuid NOT NULL,
    account_manager text,
    customer_success_manager text,
    key_customer_contact uuid,
    squad uuid[] NOT NULL DEFAULT '{}',
    state text NOT NULL
        CONSTRAINT engagement_state_choice CHECK (state IN ('new', 'define', 'in_progress', 'canceled', 'closed')),
    stage text
        CONSTRAINT engagement_stage_choice CHECK (stage IN ('initial_onboarding', 'adoption', 'expand', 'renew', 'lost')),
    perceived_health text
        CONSTRAINT engagement_perceived_health_choice CHECK (perceived_health IN ('unknown', 'red', 'yellow', 'green')),
    initial_onboarding uuid NOT NULL,
    initial_go_live date,
    renewal_date date,
    title text NOT NULL,
    watch_list text[] NOT NULL DEFAULT '{}',
    work_notes_list text[] NOT NULL DEFAULT '{}',
    description text,
    parent uuid
        CONSTRAINT engagement_parent_fkey REFERENCES customer_success.engagement,
    contract_value numeric,
    active boolean NOT NULL,
    previous_perceived_health text
        CONSTRAINT engagement_previous_perceived_health_choice CHECK (previous_perceived_health IN ('unknown', 'red', 'yellow', 'green')),
    health_changed_at timestamptz,
    closed_at timestamptz,
    closed_by text,
    close_notes text,
    CONSTRAINT engagement_closure CHECK (  -- BR-03, G-11
        CASE WHEN state IN ('closed', 'canceled') THEN NOT active AND closed_at IS NOT NULL AND closed_by IS NOT NULL
        ELSE active AND closed_at IS NULL AND closed_by IS NULL END)
);
CREATE INDEX engagement_domain ON customer_success.engagement (domain, id);
CREATE INDEX engagement_account ON customer_success.engagement (account);
CREATE INDEX engagement_account_manager ON customer_success.engagement (account_manager);
CREATE INDEX engagement_customer_success_manager ON customer_success.engagement (customer_success_manager);
CREATE INDEX engagement_key_customer_contact ON customer_success.engagement (key_customer_contact);
CREATE INDEX engagement_initial_onboarding ON customer_success.engagement (initial_onboarding);
CREATE INDEX engagement_parent ON customer_success.engagement (parent);
CREATE INDEX engagement_squad ON customer_success.engagement USING gin (squad) WHERE squad <> '{}';
CREATE INDEX engagement_renewal ON customer_success.engagement (renewal_date) WHERE active;
SELECT customer_success.separate('engagement');

-- Engagement to contract relationship.
CREATE TABLE customer_success.engagement_contract (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    engagement uuid NOT NULL
        CONSTRAINT engagement_contract_engagement_fkey REFERENCES customer_success.engagement,
    contract uuid NOT NULL,
    account uuid,
    CONSTRAINT engagement_contract_unique UNIQUE (engagement, contract)  -- BR-57
);
CREATE INDEX engagement_contract_domain ON customer_success.engagement_contract (domain, id);
CREATE INDEX engagement_contract_contract ON customer_success.engagement_contract (contract);
CREATE INDEX engagement_contract_account ON customer_success.engagement_contract (account);
SELECT customer_success.separate('engagement_contract');
