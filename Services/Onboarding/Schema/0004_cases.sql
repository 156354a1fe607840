-- Responsibility definition.
CREATE TABLE onboarding.responsibility_definition (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text NOT NULL,
    side text
        CONSTRAINT responsibility_definition_side_choice CHECK (side IN ('customer', 'provider', 'squad')),
    required_role text,
    active boolean
);
CREATE INDEX responsibility_definition_domain ON onboarding.responsibility_definition (domain, id);
ALTER TABLE onboarding.responsibility_definition ADD CONSTRAINT responsibility_definition_unique
    UNIQUE NULLS NOT DISTINCT (domain, side, name);
SELECT onboarding.separate('responsibility_definition', 'definition');

-- Account onboarding case.
CREATE SEQUENCE onboarding.onboarding_case_number;
CREATE TABLE onboarding.onboarding_case (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text NOT NULL UNIQUE,
    account uuid NOT NULL
        CONSTRAINT onboarding_case_account_fkey REFERENCES onboarding.customer_account,
    parent uuid,
    short_description text,
    description text,
    priority integer
        CONSTRAINT onboarding_case_priority_choice CHECK (priority IN (1, 2, 3, 4, 5)),
    state text
        CONSTRAINT onboarding_case_state_choice CHECK (state IN ('new', 'unassigned', 'active', 'blocked', 'closed', 'canceled')),
    stage text
        CONSTRAINT onboarding_case_stage_choice CHECK (stage IN ('not_started', 'on_track', 'at_risk', 'paused', 'finished')),
    go_live_date date,
    assigned_to text,
    service_bridge_integration text
        CONSTRAINT onboarding_case_service_bridge_integration_choice CHECK (service_bridge_integration IN ('not_required', 'remote_catalog', 'remote_task', 'foundation_data_sync')),
    type text NOT NULL
        CONSTRAINT onboarding_case_type_choice CHECK (type IN ('phased', 'full')),
    contact uuid
        CONSTRAINT onboarding_case_contact_fkey REFERENCES onboarding.customer_contact,
    products uuid[] NOT NULL DEFAULT '{}',
    products_customer_visible boolean,
    active boolean,
    squad uuid[] NOT NULL DEFAULT '{}',
    watch_list text[] NOT NULL DEFAULT '{}',
    closed_at timestamptz,
    closed_by text,
    close_notes text
);
CREATE INDEX onboarding_case_domain ON onboarding.onboarding_case (domain, id);
CREATE INDEX onboarding_case_account ON onboarding.onboarding_case (account);
CREATE INDEX onboarding_case_parent ON onboarding.onboarding_case (parent);
CREATE INDEX onboarding_case_assigned_to ON onboarding.onboarding_case (assigned_to);
CREATE INDEX onboarding_case_contact ON onboarding.onboarding_case (contact);
CREATE INDEX onboarding_case_open ON onboarding.onboarding_case (account) WHERE active;
SELECT onboarding.separate('onboarding_case');

-- Account lifecycle task.
CREATE SEQUENCE onboarding.lifecycle_task_number;
CREATE TABLE onboarding.lifecycle_task (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text NOT NULL UNIQUE,
    parent uuid NOT NULL
        CONSTRAINT lifecycle_task_parent_fkey REFERENCES onboarding.onboarding_case,
    company uuid
        CONSTRAINT lifecycle_task_company_fkey REFERENCES onboarding.customer_account,
    type text
        CONSTRAINT lifecycle_task_type_choice CHECK (type IN ('data_capture', 'risk_mitigation', 'development', 'training', 'testing')),
    state text
        CONSTRAINT lifecycle_task_state_choice CHECK (state IN ('open', 'awaiting_customer', 'awaiting_internal', 'in_progress', 'review', 'closed', 'canceled')),
    progress text
        CONSTRAINT lifecycle_task_progress_choice CHECK (progress IN ('not_started', 'on_track', 'at_risk', 'paused', 'finished')),
    priority integer
        CONSTRAINT lifecycle_task_priority_choice CHECK (priority IN (1, 2, 3, 4, 5)),
    due_date date,
    assigned_to text,
    contact uuid
        CONSTRAINT lifecycle_task_contact_fkey REFERENCES onboarding.customer_contact,
    short_description text,
    description text,
    visible_to_customer boolean,
    responsibility uuid
        CONSTRAINT lifecycle_task_responsibility_fkey REFERENCES onboarding.responsibility_definition,
    playbook_activity uuid,
    active boolean,
    watch_list text[] NOT NULL DEFAULT '{}',
    closed_at timestamptz,
    closed_by text,
    close_notes text
);
CREATE INDEX lifecycle_task_domain ON onboarding.lifecycle_task (domain, id);
CREATE INDEX lifecycle_task_parent ON onboarding.lifecycle_task (parent);
CREATE INDEX lifecycle_task_company ON onboarding.lifecycle_task (company);
CREATE INDEX lifecycle_task_assigned_to ON onboarding.lifecycle_task (assigned_to);
CREATE INDEX lifecycle_task_contact ON onboarding.lifecycle_task (contact);
CREATE INDEX lifecycle_task_responsibility ON onboarding.lifecycle_task (responsibility);
CREATE INDEX lifecycle_task_playbook_activity ON onboarding.lifecycle_task (playbook_activity);
SELECT onboarding.separate('lifecycle_task');

-- Case team member.
CREATE TABLE onboarding.case_team_member (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    responsibility uuid NOT NULL
        CONSTRAINT case_team_member_responsibility_fkey REFERENCES onboarding.responsibility_definition,
    contact uuid
        CONSTRAINT case_team_member_contact_fkey REFERENCES onboarding.customer_contact,
    "user" text,
    onboarding_case uuid NOT NULL
        CONSTRAINT case_team_member_onboarding_case_fkey REFERENCES onboarding.onboarding_case,
    side text NOT NULL
        CONSTRAINT case_team_member_side_choice CHECK (side IN ('customer', 'provider'))
);
CREATE INDEX case_team_member_domain ON onboarding.case_team_member (domain, id);
CREATE INDEX case_team_member_responsibility ON onboarding.case_team_member (responsibility);
CREATE INDEX case_team_member_contact ON onboarding.case_team_member (contact);
CREATE INDEX case_team_member_user ON onboarding.case_team_member ("user");
CREATE INDEX case_team_member_onboarding_case ON onboarding.case_team_member (onboarding_case);
ALTER TABLE onboarding.case_team_member ADD CONSTRAINT case_team_member_unique
    UNIQUE NULLS NOT DISTINCT (onboarding_case, responsibility, contact, "user");
SELECT onboarding.separate('case_team_member');
