-- What the pages of onboarding show: copies of import tasks, risk signals and squads in full, the ways to find what a page
-- shows, and the scorecards of past days.

-- An import task counts like any other task. Copies of before are fetched anew.
ALTER TABLE onboarding.import_task
    ADD COLUMN account uuid,
    ADD COLUMN type text,
    ADD COLUMN progress text,
    ADD COLUMN priority integer,
    ADD COLUMN due_date date,
    ADD COLUMN assigned_to text,
    ADD COLUMN contact uuid,
    ADD COLUMN short_description text,
    ADD COLUMN description text,
    ADD COLUMN visible_to_customer boolean,
    ADD COLUMN active boolean,
    ADD COLUMN updated_at timestamptz;
UPDATE onboarding.import_task SET revision = 0;

-- What somebody in the squad answers for.
ALTER TABLE onboarding.squad_member ADD COLUMN responsibility uuid;
UPDATE onboarding.squad_member SET revision = 0;

-- Risks of an onboarding are customer-success's.
CREATE TABLE onboarding.risk_signal (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text,
    account uuid,
    onboarding_case uuid,
    short_description text,
    state text,
    priority integer,
    due_date date,
    assigned_to text,
    active boolean,
    updated_at timestamptz
);
SELECT onboarding.separate('risk_signal');

-- Copies are brought up to date at once where there is something to copy.
INSERT INTO onboarding.replica_rebuild (table_name, asked_at, asked_by)
SELECT copied, now(), 'migration' FROM unnest(ARRAY['import_task', 'squad_member', 'risk_signal']) copied
WHERE EXISTS (SELECT FROM onboarding.onboarding_case)
ON CONFLICT (table_name) DO UPDATE SET asked_at = excluded.asked_at, asked_by = excluded.asked_by, is_open = TRUE,
    page_token = '', reached = NULL, stored = 0, removed = 0, failed_at = NULL, failure = NULL, failure_ko = NULL;

-- What is open in the order of the lists (G-125): by priority, date and last update; one's own cases, and all. Not by
-- coalesce, which a policy takes for something that might tell of a row: pages would not be found by the index.
CREATE INDEX onboarding_case_ranked ON onboarding.onboarding_case
    ((CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN go_live_date IS NULL THEN 'infinity'::date ELSE go_live_date END), updated_at, id) WHERE active;
CREATE INDEX onboarding_case_own ON onboarding.onboarding_case
    (assigned_to, (CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN go_live_date IS NULL THEN 'infinity'::date ELSE go_live_date END), updated_at, id) WHERE active;
CREATE INDEX lifecycle_task_ranked ON onboarding.lifecycle_task
    ((CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN due_date IS NULL THEN 'infinity'::date ELSE due_date END), updated_at, id) WHERE active;
CREATE INDEX import_task_ranked ON onboarding.import_task
    ((CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN due_date IS NULL THEN 'infinity'::date ELSE due_date END), updated_at, id) WHERE active;
CREATE INDEX risk_signal_ranked ON onboarding.risk_signal
    ((CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN due_date IS NULL THEN 'infinity'::date ELSE due_date END), updated_at, id) WHERE active;
-- What is late, few or many.
CREATE INDEX onboarding_case_stale ON onboarding.onboarding_case (updated_at) WHERE active;
CREATE INDEX lifecycle_task_due ON onboarding.lifecycle_task (due_date) WHERE active;
CREATE INDEX import_task_due ON onboarding.import_task (due_date) WHERE active;
-- What belongs to a case, in the order of its page.
DROP INDEX onboarding.import_task_parent;
CREATE INDEX import_task_parent ON onboarding.import_task (parent, active, due_date, id);
CREATE INDEX risk_signal_onboarding_case ON onboarding.risk_signal (onboarding_case, active, due_date, id);

-- The scorecards as they stood when the snapshot of the day was last taken (G-35): of each domain that people of the
-- provider belong to, what they see in it and below; of one's own cases besides by person, elsewhere "user" is empty. A
-- day on which there was nothing to count has no row.
CREATE TABLE onboarding.card_snapshot (
    domain text COLLATE "C" NOT NULL,
    "user" text NOT NULL,
    card text NOT NULL,
    day date NOT NULL,
    count integer NOT NULL,
    PRIMARY KEY (domain, "user", card, day)
);
CREATE INDEX card_snapshot_day ON onboarding.card_snapshot (day);
SELECT onboarding.separate('card_snapshot');
