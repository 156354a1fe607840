-- Success objective.
CREATE SEQUENCE customer_success.success_objective_number;
CREATE TABLE customer_success.success_objective (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text NOT NULL UNIQUE,
    account uuid,
    engagement uuid NOT NULL
        CONSTRAINT success_objective_engagement_fkey REFERENCES customer_success.engagement,
    objective_owner text,
    sponsor uuid,
    products uuid[] NOT NULL DEFAULT '{}',
    driver text
        CONSTRAINT success_objective_driver_choice CHECK (driver IN ('cost_reduction', 'business_velocity', 'customer_experience', 'risk_and_compliance', 'growth')),
    state text NOT NULL
        CONSTRAINT success_objective_state_choice CHECK (state IN ('new', 'define', 'in_progress', 'canceled', 'closed')),
    progress text
        CONSTRAINT success_objective_progress_choice CHECK (progress IN ('not_started', 'on_track', 'at_risk', 'paused', 'completed', 'canceled')),
    priority integer
        CONSTRAINT success_objective_priority_choice CHECK (priority IN (1, 2, 3, 4, 5)),
    planned_start date,
    planned_stop date,
    title text NOT NULL,
    watch_list text[] NOT NULL DEFAULT '{}',
    work_notes_list text[] NOT NULL DEFAULT '{}',
    description text NOT NULL,
    active boolean NOT NULL,
    closed_at timestamptz,
    closed_by text,
    close_notes text,
    CONSTRAINT success_objective_dates CHECK (planned_stop >= planned_start),  -- BR-13
    CONSTRAINT success_objective_closure CHECK (  -- BR-10, G-11
        CASE WHEN state IN ('closed', 'canceled') THEN NOT active AND closed_at IS NOT NULL AND closed_by IS NOT NULL
        ELSE active AND closed_at IS NULL AND closed_by IS NULL END)
);
CREATE INDEX success_objective_domain ON customer_success.success_objective (domain, id);
CREATE INDEX success_objective_account ON customer_success.success_objective (account);
CREATE INDEX success_objective_engagement ON customer_success.success_objective (engagement);
CREATE INDEX success_objective_objective_owner ON customer_success.success_objective (objective_owner);
CREATE INDEX success_objective_sponsor ON customer_success.success_objective (sponsor);
SELECT customer_success.separate('success_objective');

-- Success outcome.
CREATE SEQUENCE customer_success.success_outcome_number;
CREATE TABLE customer_success.success_outcome (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text NOT NULL UNIQUE,
    account uuid,
    success_objective uuid NOT NULL
        CONSTRAINT success_outcome_success_objective_fkey REFERENCES customer_success.success_objective,
    owner text,
    state text NOT NULL
        CONSTRAINT success_outcome_state_choice CHECK (state IN ('new', 'in_progress', 'paused', 'canceled', 'closed')),
    progress text
        CONSTRAINT success_outcome_progress_choice CHECK (progress IN ('not_started', 'on_track', 'at_risk', 'paused', 'completed', 'canceled')),
    priority integer
        CONSTRAINT success_outcome_priority_choice CHECK (priority IN (1, 2, 3, 4, 5)),
    planned_start date,
    planned_stop date,
    title text NOT NULL,
    watch_list text[] NOT NULL DEFAULT '{}',
    work_notes_list text[] NOT NULL DEFAULT '{}',
    description text NOT NULL,
    unit text,
    tracking_method text
        CONSTRAINT success_outcome_tracking_method_choice CHECK (tracking_method IN ('indicator_kpi', 'survey', 'report', 'manual')),
    base_value numeric,
    target_value numeric,
    current_value numeric,
    active boolean NOT NULL,
    indicator text,
    survey text,
    report text,
    closed_at timestamptz,
    closed_by text,
    close_notes text,
    CONSTRAINT success_outcome_dates CHECK (planned_stop >= planned_start),  -- BR-19
    CONSTRAINT success_outcome_tracking CHECK (  -- BR-20, G-20
        CASE tracking_method
            WHEN 'indicator_kpi' THEN indicator IS NOT NULL
            WHEN 'survey' THEN survey IS NOT NULL
            WHEN 'report' THEN report IS NOT NULL
            ELSE true
        END),
    CONSTRAINT success_outcome_closure CHECK (  -- BR-16, G-11
        CASE WHEN state IN ('closed', 'canceled') THEN NOT active AND closed_at IS NOT NULL AND closed_by IS NOT NULL
        ELSE active AND closed_at IS NULL AND closed_by IS NULL END)
);
CREATE INDEX success_outcome_domain ON customer_success.success_outcome (domain, id);
CREATE INDEX success_outcome_account ON customer_success.success_outcome (account);
CREATE INDEX success_outcome_success_objective ON customer_success.success_outcome (success_objective);
CREATE INDEX success_outcome_owner ON customer_success.success_outcome (owner);
SELECT customer_success.separate('success_outcome');

-- Success initiative.
CREATE SEQUENCE customer_success.success_initiative_number;
CREATE TABLE customer_success.success_initiative (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text NOT NULL UNIQUE,
    success_outcome uuid NOT NULL
        CONSTRAINT success_initiative_success_outcome_fkey REFERENCES customer_success.success_outcome,
    contact uuid,
    assigned_to text,
    squad uuid[] NOT NULL DEFAULT '{}',
    category text
        CONSTRAINT success_initiative_category_choice CHECK (category IN ('general', 'strategic_planning', 'architecture_and_design', 'adoption', 'technical_guidance')),
    state text NOT NULL
        CONSTRAINT success_initiative_state_choice CHECK (state IN ('new', 'in_progress', 'paused', 'canceled', 'closed')),
    progress text
        CONSTRAINT success_initiative_progress_choice CHECK (progress IN ('not_started', 'on_track', 'at_risk', 'paused', 'completed', 'canceled')),
    priority integer
        CONSTRAINT success_initiative_priority_choice CHECK (priority IN (1, 2, 3, 4, 5)),
    due_date date,
    subject text NOT NULL,
    description text NOT NULL,
    close_code text
        CONSTRAINT success_initiative_close_code_choice CHECK (close_code IN ('achieved', 'partially_achieved', 'missed', 'canceled')),
    close_notes text,
    active boolean NOT NULL,
    account uuid,
    engagement uuid
        CONSTRAINT success_initiative_engagement_fkey REFERENCES customer_success.engagement,
    playbook_run uuid,
    closed_at timestamptz,
    closed_by text,
    CONSTRAINT success_initiative_close_code CHECK (  -- BR-22, G-19
        CASE state
            WHEN 'closed' THEN close_code IS NOT NULL AND close_code <> 'canceled' AND close_notes IS NOT NULL
            WHEN 'canceled' THEN close_code IS NOT NULL AND close_code = 'canceled' AND close_notes IS NOT NULL
            ELSE true
        END),
    CONSTRAINT success_initiative_closure CHECK (  -- BR-22, G-11
        CASE WHEN state IN ('closed', 'canceled') THEN NOT active AND closed_at IS NOT NULL AND closed_by IS NOT NULL
        ELSE active AND closed_at IS NULL AND closed_by IS NULL END)
);
CREATE INDEX success_initiative_domain ON customer_success.success_initiative (domain, id);
CREATE INDEX success_initiative_success_outcome ON customer_success.success_initiative (success_outcome);
CREATE INDEX success_initiative_contact ON customer_success.success_initiative (contact);
CREATE INDEX success_initiative_assigned_to ON customer_success.success_initiative (assigned_to);
CREATE INDEX success_initiative_account ON customer_success.success_initiative (account);
CREATE INDEX success_initiative_engagement ON customer_success.success_initiative (engagement);
CREATE INDEX success_initiative_playbook_run ON customer_success.success_initiative (playbook_run);
CREATE INDEX success_initiative_squad ON customer_success.success_initiative USING gin (squad) WHERE squad <> '{}';
SELECT customer_success.separate('success_initiative');
