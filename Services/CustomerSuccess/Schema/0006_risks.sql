-- Risk signal and issue.
CREATE SEQUENCE customer_success.risk_signal_number;
CREATE TABLE customer_success.risk_signal (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text NOT NULL UNIQUE,
    account uuid,
    engagement uuid
        CONSTRAINT risk_signal_engagement_fkey REFERENCES customer_success.engagement,
    reported_by text,
    assigned_to text,
    squad uuid[] NOT NULL DEFAULT '{}',
    state text NOT NULL
        CONSTRAINT risk_signal_state_choice CHECK (state IN ('new', 'active', 'canceled', 'closed')),
    priority integer
        CONSTRAINT risk_signal_priority_choice CHECK (priority IN (1, 2, 3, 4, 5)),
    due_date date,
    risk_or_issue text
        CONSTRAINT risk_signal_risk_or_issue_choice CHECK (risk_or_issue IN ('risk', 'issue')),
    short_description text NOT NULL,
    watch_list text[] NOT NULL DEFAULT '{}',
    work_notes_list text[] NOT NULL DEFAULT '{}',
    description text NOT NULL,
    tracking_method text
        CONSTRAINT risk_signal_tracking_method_choice CHECK (tracking_method IN ('manual', 'automated', 'integration')),
    "table" text,
    source_record uuid,
    scope text
        CONSTRAINT risk_signal_scope_choice CHECK (scope IN ('onboarding', 'adoption', 'expansion', 'renewal')),
    probability text NOT NULL
        CONSTRAINT risk_signal_probability_choice CHECK (probability IN ('very_high', 'high', 'moderate', 'low', 'very_low')),
    contracts_impacted uuid[] NOT NULL DEFAULT '{}',
    products_impacted uuid[] NOT NULL DEFAULT '{}',
    active boolean NOT NULL,
    onboarding_case uuid,
    closed_at timestamptz,
    closed_by text,
    close_notes text,
    CONSTRAINT risk_signal_engagement_needed CHECK (  -- BR-48, G-03
        engagement IS NOT NULL OR (scope = 'onboarding' AND onboarding_case IS NOT NULL)),
    CONSTRAINT risk_signal_source CHECK (("table" IS NULL) = (source_record IS NULL)),  -- G-97
    CONSTRAINT risk_signal_closure CHECK (  -- BR-49, G-11
        CASE WHEN state IN ('closed', 'canceled') THEN NOT active AND closed_at IS NOT NULL AND closed_by IS NOT NULL
        ELSE active AND closed_at IS NULL AND closed_by IS NULL END)
);
CREATE INDEX risk_signal_domain ON customer_success.risk_signal (domain, id);
CREATE INDEX risk_signal_account ON customer_success.risk_signal (account);
CREATE INDEX risk_signal_engagement ON customer_success.risk_signal (engagement);
CREATE INDEX risk_signal_reported_by ON customer_success.risk_signal (reported_by);
CREATE INDEX risk_signal_assigned_to ON customer_success.risk_signal (assigned_to);
CREATE INDEX risk_signal_source_record ON customer_success.risk_signal (source_record);
CREATE INDEX risk_signal_onboarding_case ON customer_success.risk_signal (onboarding_case);
CREATE INDEX risk_signal_squad ON customer_success.risk_signal USING gin (squad) WHERE squad <> '{}';
SELECT customer_success.separate('risk_signal');

-- Risk signal to solution relationship.
CREATE SEQUENCE customer_success.risk_signal_solution_number;
CREATE TABLE customer_success.risk_signal_solution (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text NOT NULL UNIQUE,
    solution_table text NOT NULL
        CONSTRAINT risk_signal_solution_solution_table_choice CHECK (solution_table IN ('internal_play', 'internal_play_task', 'success_case', 'success_task')),
    solution_record uuid NOT NULL,
    risk_signal uuid NOT NULL
        CONSTRAINT risk_signal_solution_risk_signal_fkey REFERENCES customer_success.risk_signal,
    CONSTRAINT risk_signal_solution_unique UNIQUE (solution_record)  -- BR-54, G-09
);
CREATE INDEX risk_signal_solution_domain ON customer_success.risk_signal_solution (domain, id);
CREATE INDEX risk_signal_solution_risk_signal ON customer_success.risk_signal_solution (risk_signal);
SELECT customer_success.separate('risk_signal_solution');
