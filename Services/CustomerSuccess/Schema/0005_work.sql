-- Success case.
CREATE SEQUENCE customer_success.success_case_number;
CREATE TABLE customer_success.success_case (
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
        CONSTRAINT success_case_engagement_fkey REFERENCES customer_success.engagement,
    contact uuid,
    assigned_to text,
    squad uuid[] NOT NULL DEFAULT '{}',
    category text
        CONSTRAINT success_case_category_choice CHECK (category IN ('guidance', 'architecture_review', 'demo_and_poc', 'training')),
    state text NOT NULL
        CONSTRAINT success_case_state_choice CHECK (state IN ('new', 'in_progress', 'paused', 'canceled', 'closed')),
    progress text
        CONSTRAINT success_case_progress_choice CHECK (progress IN ('not_started', 'on_track', 'at_risk', 'paused', 'completed', 'canceled')),
    priority integer
        CONSTRAINT success_case_priority_choice CHECK (priority IN (1, 2, 3, 4, 5)),
    due_date date,
    product uuid,
    service_definition uuid,
    short_description text NOT NULL,
    watch_list text[] NOT NULL DEFAULT '{}',
    work_notes_list text[] NOT NULL DEFAULT '{}',
    description text NOT NULL,
    active boolean NOT NULL,
    closed_at timestamptz,
    closed_by text,
    close_notes text,
    CONSTRAINT success_case_closure CHECK (  -- BR-27, G-11
        CASE WHEN state IN ('closed', 'canceled') THEN NOT active AND closed_at IS NOT NULL AND closed_by IS NOT NULL
        ELSE active AND closed_at IS NULL AND closed_by IS NULL END)
);
CREATE INDEX success_case_domain ON customer_success.success_case (domain, id);
CREATE INDEX success_case_account ON customer_success.success_case (account);
CREATE INDEX success_case_engagement ON customer_success.success_case (engagement);
CREATE INDEX success_case_contact ON customer_success.success_case (contact);
CREATE INDEX success_case_assigned_to ON customer_success.success_case (assigned_to);
CREATE INDEX success_case_product ON customer_success.success_case (product);
CREATE INDEX success_case_service_definition ON customer_success.success_case (service_definition);
CREATE INDEX success_case_squad ON customer_success.success_case USING gin (squad) WHERE squad <> '{}';
SELECT customer_success.separate('success_case');

-- Touchpoint.
CREATE SEQUENCE customer_success.touchpoint_number;
CREATE TABLE customer_success.touchpoint (
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
        CONSTRAINT touchpoint_engagement_fkey REFERENCES customer_success.engagement,
    channel text
        CONSTRAINT touchpoint_channel_choice CHECK (channel IN ('web', 'phone', 'email', 'chat', 'social', 'community', 'alert', 'virtual_agent')),
    contact uuid,
    assigned_to text,
    squad uuid[] NOT NULL DEFAULT '{}',
    category text
        CONSTRAINT touchpoint_category_choice CHECK (category IN ('general_conversation', 'value_and_adoption', 'expansion_opportunity', 'renewal_support')),
    state text NOT NULL
        CONSTRAINT touchpoint_state_choice CHECK (state IN ('new', 'in_progress', 'paused', 'canceled', 'closed')),
    progress text
        CONSTRAINT touchpoint_progress_choice CHECK (progress IN ('not_started', 'on_track', 'at_risk', 'paused', 'completed', 'canceled')),
    priority integer
        CONSTRAINT touchpoint_priority_choice CHECK (priority IN (1, 2, 3, 4, 5)),
    due_date date,
    product uuid,
    product_related boolean NOT NULL,
    subject text NOT NULL,
    watch_list text[] NOT NULL DEFAULT '{}',
    work_notes_list text[] NOT NULL DEFAULT '{}',
    description text NOT NULL,
    meeting_date date,
    meeting_type text
        CONSTRAINT touchpoint_meeting_type_choice CHECK (meeting_type IN ('ad_hoc', 'weekly_status', 'qbr', 'renewal')),
    active boolean NOT NULL,
    closed_at timestamptz,
    closed_by text,
    close_notes text,
    CONSTRAINT touchpoint_product_needed CHECK (NOT product_related OR product IS NOT NULL),  -- G-85
    CONSTRAINT touchpoint_closure CHECK (  -- BR-31, G-11
        CASE WHEN state IN ('closed', 'canceled') THEN NOT active AND closed_at IS NOT NULL AND closed_by IS NOT NULL
        ELSE active AND closed_at IS NULL AND closed_by IS NULL END)
);
CREATE INDEX touchpoint_domain ON customer_success.touchpoint (domain, id);
CREATE INDEX touchpoint_account ON customer_success.touchpoint (account);
CREATE INDEX touchpoint_engagement ON customer_success.touchpoint (engagement);
CREATE INDEX touchpoint_contact ON customer_success.touchpoint (contact);
CREATE INDEX touchpoint_assigned_to ON customer_success.touchpoint (assigned_to);
CREATE INDEX touchpoint_product ON customer_success.touchpoint (product);
CREATE INDEX touchpoint_squad ON customer_success.touchpoint USING gin (squad) WHERE squad <> '{}';
SELECT customer_success.separate('touchpoint');

-- Success task.
CREATE SEQUENCE customer_success.success_task_number;
CREATE TABLE customer_success.success_task (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text NOT NULL UNIQUE,
    account uuid,
    parent uuid NOT NULL,
    contact uuid,
    assigned_to text,
    squad uuid[] NOT NULL DEFAULT '{}',
    category text
        CONSTRAINT success_task_category_choice CHECK (category IN ('workshops_and_meetings', 'design_review', 'product_training', 'professional_services')),
    state text NOT NULL
        CONSTRAINT success_task_state_choice CHECK (state IN ('new', 'in_progress', 'paused', 'canceled', 'closed')),
    progress text
        CONSTRAINT success_task_progress_choice CHECK (progress IN ('not_started', 'on_track', 'at_risk', 'paused', 'completed', 'canceled')),
    priority integer
        CONSTRAINT success_task_priority_choice CHECK (priority IN (1, 2, 3, 4, 5)),
    due_date date,
    visible_to_customer boolean NOT NULL,
    subject text NOT NULL,
    watch_list text[] NOT NULL DEFAULT '{}',
    work_notes_list text[] NOT NULL DEFAULT '{}',
    description text NOT NULL,
    active boolean NOT NULL,
    parent_table text NOT NULL
        CONSTRAINT success_task_parent_table_choice CHECK (parent_table IN ('success_case', 'success_initiative', 'touchpoint')),
    closed_at timestamptz,
    closed_by text,
    close_notes text,
    CONSTRAINT success_task_closure CHECK (  -- BR-35, G-11
        CASE WHEN state IN ('closed', 'canceled') THEN NOT active AND closed_at IS NOT NULL AND closed_by IS NOT NULL
        ELSE active AND closed_at IS NULL AND closed_by IS NULL END)
);
CREATE INDEX success_task_domain ON customer_success.success_task (domain, id);
CREATE INDEX success_task_account ON customer_success.success_task (account);
CREATE INDEX success_task_parent ON customer_success.success_task (parent);
CREATE INDEX success_task_contact ON customer_success.success_task (contact);
CREATE INDEX success_task_assigned_to ON customer_success.success_task (assigned_to);
CREATE INDEX success_task_squad ON customer_success.success_task USING gin (squad) WHERE squad <> '{}';
SELECT customer_success.separate('success_task');

-- Internal play.
CREATE SEQUENCE customer_success.internal_play_number;
CREATE TABLE customer_success.internal_play (
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
        CONSTRAINT internal_play_engagement_fkey REFERENCES customer_success.engagement,
    assigned_to text,
    squad uuid[] NOT NULL DEFAULT '{}',
    state text NOT NULL
        CONSTRAINT internal_play_state_choice CHECK (state IN ('new', 'in_progress', 'paused', 'canceled', 'closed')),
    progress text
        CONSTRAINT internal_play_progress_choice CHECK (progress IN ('not_started', 'on_track', 'at_risk', 'paused', 'completed', 'canceled')),
    priority integer
        CONSTRAINT internal_play_priority_choice CHECK (priority IN (1, 2, 3, 4, 5)),
    due_date date,
    short_description text NOT NULL,
    watch_list text[] NOT NULL DEFAULT '{}',
    work_notes_list text[] NOT NULL DEFAULT '{}',
    description text NOT NULL,
    parent uuid,
    active boolean NOT NULL,
    closed_at timestamptz,
    closed_by text,
    close_notes text,
    CONSTRAINT internal_play_no_parent CHECK (parent IS NULL),  -- BR-41
    CONSTRAINT internal_play_closure CHECK (  -- BR-39, G-11
        CASE WHEN state IN ('closed', 'canceled') THEN NOT active AND closed_at IS NOT NULL AND closed_by IS NOT NULL
        ELSE active AND closed_at IS NULL AND closed_by IS NULL END)
);
CREATE INDEX internal_play_domain ON customer_success.internal_play (domain, id);
CREATE INDEX internal_play_account ON customer_success.internal_play (account);
CREATE INDEX internal_play_engagement ON customer_success.internal_play (engagement);
CREATE INDEX internal_play_assigned_to ON customer_success.internal_play (assigned_to);
CREATE INDEX internal_play_parent ON customer_success.internal_play (parent);
CREATE INDEX internal_play_squad ON customer_success.internal_play USING gin (squad) WHERE squad <> '{}';
SELECT customer_success.separate('internal_play');

-- Internal play task.
CREATE SEQUENCE customer_success.internal_play_task_number;
CREATE TABLE customer_success.internal_play_task (
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
        CONSTRAINT internal_play_task_engagement_fkey REFERENCES customer_success.engagement,
    internal_play uuid NOT NULL
        CONSTRAINT internal_play_task_internal_play_fkey REFERENCES customer_success.internal_play,
    assigned_to text,
    squad uuid[] NOT NULL DEFAULT '{}',
    state text NOT NULL
        CONSTRAINT internal_play_task_state_choice CHECK (state IN ('new', 'in_progress', 'paused', 'canceled', 'closed')),
    progress text
        CONSTRAINT internal_play_task_progress_choice CHECK (progress IN ('not_started', 'on_track', 'at_risk', 'paused', 'completed', 'canceled')),
    priority integer
        CONSTRAINT internal_play_task_priority_choice CHECK (priority IN (1, 2, 3, 4, 5)),
    due_date date,
    short_description text NOT NULL,
    watch_list text[] NOT NULL DEFAULT '{}',
    work_notes_list text[] NOT NULL DEFAULT '{}',
    description text NOT NULL,
    active boolean NOT NULL,
    closed_at timestamptz,
    closed_by text,
    close_notes text,
    CONSTRAINT internal_play_task_closure CHECK (  -- BR-44, G-11
        CASE WHEN state IN ('closed', 'canceled') THEN NOT active AND closed_at IS NOT NULL AND closed_by IS NOT NULL
        ELSE active AND closed_at IS NULL AND closed_by IS NULL END)
);
CREATE INDEX internal_play_task_domain ON customer_success.internal_play_task (domain, id);
CREATE INDEX internal_play_task_account ON customer_success.internal_play_task (account);
CREATE INDEX internal_play_task_engagement ON customer_success.internal_play_task (engagement);
CREATE INDEX internal_play_task_internal_play ON customer_success.internal_play_task (internal_play);
CREATE INDEX internal_play_task_assigned_to ON customer_success.internal_play_task (assigned_to);
CREATE INDEX internal_play_task_squad ON customer_success.internal_play_task USING gin (squad) WHERE squad <> '{}';
SELECT customer_success.separate('internal_play_task');
