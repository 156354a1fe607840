-- A database of a given size for the figures at scale: :domains customers, each with 100 engagements and 1,000
-- touchpoints. What one person or one engagement has is the same at every size; only how much there is of others grows.

\ir filling.sql

\set accounts (:domains * 10)
\set engagements (:domains * 100)
\set touchpoints (:domains * 1000)

-- The people who call: the managers, and one person in each customer's domain.

INSERT INTO onboarding."user" (id, revision, created_at, created_by, updated_at, updated_by, domain, name, email, active)
SELECT pg_temp.made(1, n), 1, now(), 'bench', now(), 'bench', '/provider/', 'Manager ' || n,
    'manager' || n || '@example.com', true
FROM generate_series(0, :domains - 1) n
UNION ALL
SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 1, now(), 'bench', now(), 'bench',
    pg_temp.domain(n), 'Person ' || n, 'person' || n || '@example.com', true
FROM generate_series(0, :domains - 1) n;

INSERT INTO onboarding.role_grant (id, revision, created_at, created_by, updated_at, updated_by, domain, "user", role)
SELECT gen_random_uuid(), 1, now(), 'bench', now(), 'bench', domain, id::text, 'sn_acct_lc.ale_success_agent'
FROM onboarding."user" WHERE created_by = 'bench';

-- Copies of other services' records.

INSERT INTO customer_success."user" (id, revision, domain, name, email, active)
SELECT pg_temp.made(1, n), 1, '/provider/', 'Manager ' || n, 'manager' || n || '@example.com', true
FROM generate_series(0, :domains - 1) n;

INSERT INTO customer_success.customer_account (id, revision, domain, name, escalated, currency)
SELECT pg_temp.made(2, n), 1, pg_temp.domain(n % :domains), 'Account ' || n, n % 20 = 0, 'USD'
FROM generate_series(0, :accounts - 1) n;

INSERT INTO customer_success.customer_contact (id, revision, domain, account, first_name, last_name, email)
SELECT pg_temp.made(3, n), 1, pg_temp.domain(n % :domains), pg_temp.made(2, n % :accounts), 'Kim', 'Contact ' || n,
    'contact' || n || '@example.com'
FROM generate_series(0, :accounts * 5 - 1) n;

INSERT INTO customer_success.onboarding_case (id, revision, domain, account, state, go_live_date)
SELECT pg_temp.made(4, n), 1, pg_temp.domain(n % :domains), pg_temp.made(2, n), 'closed', '2026-03-01'
FROM generate_series(0, :accounts - 1) n;

INSERT INTO customer_success.contract (id, revision, domain, account, number, end_date, contract_value)
SELECT pg_temp.made(5, n), 1, pg_temp.domain(n % :domains), pg_temp.made(2, n % :accounts), 'CON' || n,
    current_date + (n % 700)::int, 1000 + n % 9000
FROM generate_series(0, :engagements - 1) n;

INSERT INTO customer_success.responsibility_definition (id, revision, domain, name)
SELECT pg_temp.made(6, n), 1, '/provider/', 'Responsibility ' || n FROM generate_series(0, 2) n;

-- A manager has ten engagements of each of ten customers.
CREATE FUNCTION pg_temp.manager(engagement bigint, domains bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_temp.made(1, (engagement % domains) / 10 * 10 + engagement / domains % 10)
$$;

INSERT INTO customer_success.squad_member (id, revision, created_at, created_by, updated_at, updated_by, domain, "user",
    responsibility, account, active)
SELECT pg_temp.made(7, n), 1, now(), 'bench', now(), 'bench', pg_temp.domain(n % :domains),
    pg_temp.manager(n % :accounts, :domains), pg_temp.made(6, n / :accounts), pg_temp.made(2, n % :accounts), true
FROM generate_series(0, :accounts * 3 - 1) n;

-- The service's own records.

INSERT INTO customer_success.engagement (id, revision, created_at, created_by, updated_at, updated_by, domain, number,
    account, customer_success_manager, key_customer_contact, squad, state, stage, perceived_health,
    previous_perceived_health, initial_onboarding, initial_go_live, renewal_date, title, description, contract_value,
    active, closed_at, closed_by)
SELECT pg_temp.made(10, n), 1, now(), 'bench', now(), 'bench', pg_temp.domain(n % :domains), 'BENCHENG' || n,
    pg_temp.made(2, n % :accounts), pg_temp.manager(n, :domains), pg_temp.made(3, n % :accounts),
    ARRAY[pg_temp.made(7, n % :accounts), pg_temp.made(7, n % :accounts + :accounts)],
    CASE WHEN k % 5 = 4 THEN 'closed' ELSE 'in_progress' END, 'adoption',
    CASE k % 4 WHEN 0 THEN 'red' WHEN 1 THEN 'yellow' ELSE 'green' END, 'green', pg_temp.made(4, n % :accounts),
    '2026-03-01', current_date + (n % 700)::int, 'Engagement ' || n, repeat('What we are here for. ', 5),
    1000 + n % 9000, k % 5 <> 4, CASE WHEN k % 5 = 4 THEN now() END, CASE WHEN k % 5 = 4 THEN 'bench' END
FROM (SELECT n, n / :domains AS k FROM generate_series(0, :engagements - 1) n) e;

INSERT INTO customer_success.engagement_contract (id, revision, created_at, created_by, updated_at, updated_by, domain,
    engagement, contract, account)
SELECT pg_temp.made(11, n), 1, now(), 'bench', now(), 'bench', pg_temp.domain(n % :domains), pg_temp.made(10, n),
    pg_temp.made(5, n), pg_temp.made(2, n % :accounts)
FROM generate_series(0, :engagements - 1) n;

INSERT INTO customer_success.success_objective (id, revision, created_at, created_by, updated_at, updated_by, domain,
    number, account, engagement, state, progress, priority, planned_start, planned_stop, title, description, active)
SELECT pg_temp.made(12, n), 1, now(), 'bench', now(), 'bench', pg_temp.domain(n % :domains), 'BENCHOBJ' || n,
    pg_temp.made(2, n % :accounts), pg_temp.made(10, n), 'in_progress', 'on_track', 3, current_date,
    current_date + 90, 'Objective ' || n, repeat('What is to be reached. ', 5), true
FROM generate_series(0, :engagements - 1) n;

INSERT INTO customer_success.success_outcome (id, revision, created_at, created_by, updated_at, updated_by, domain,
    number, account, success_objective, state, progress, priority, title, description, tracking_method, active)
SELECT pg_temp.made(13, n), 1, now(), 'bench', now(), 'bench', pg_temp.domain(n % :domains), 'BENCHOUT' || n,
    pg_temp.made(2, n % :accounts), pg_temp.made(12, n), 'in_progress', 'on_track', 3, 'Outcome ' || n,
    repeat('How it is measured. ', 5), 'manual', true
FROM generate_series(0, :engagements - 1) n;

INSERT INTO customer_success.success_initiative (id, revision, created_at, created_by, updated_at, updated_by, domain,
    number, success_outcome, contact, assigned_to, category, state, progress, priority, due_date, subject, description,
    active, account, engagement)
SELECT pg_temp.made(14, n), 1, now(), 'bench', now(), 'bench', pg_temp.domain(n % :domains), 'BENCHINI' || n,
    pg_temp.made(13, n), pg_temp.made(3, n % :accounts), pg_temp.manager(n, :domains), 'adoption', 'in_progress',
    'on_track', 3, current_date + 30, 'Initiative ' || n, repeat('What is done for it. ', 5), true,
    pg_temp.made(2, n % :accounts), pg_temp.made(10, n)
FROM generate_series(0, :engagements - 1) n;

INSERT INTO customer_success.success_case (id, revision, created_at, created_by, updated_at, updated_by, domain, number,
    account, engagement, contact, assigned_to, state, progress, priority, due_date, short_description, description,
    active)
SELECT pg_temp.made(15, n), 1, now(), 'bench', now(), 'bench', pg_temp.domain(n % :domains), 'BENCHCAS' || n,
    pg_temp.made(2, n % :accounts), pg_temp.made(10, n), pg_temp.made(3, n % :accounts), pg_temp.manager(n, :domains),
    'new', 'not_started', 3, current_date + 14, 'Case ' || n, repeat('What happened. ', 5), true
FROM generate_series(0, :engagements - 1) n;

INSERT INTO customer_success.risk_signal (id, revision, created_at, created_by, updated_at, updated_by, domain, number,
    account, engagement, assigned_to, state, priority, risk_or_issue, short_description, description, scope,
    probability, active)
SELECT pg_temp.made(16, n), 1, now(), 'bench', now(), 'bench', pg_temp.domain(n % :domains), 'BENCHRIS' || n,
    pg_temp.made(2, n % :accounts), pg_temp.made(10, n), pg_temp.manager(n, :domains), 'active', 2, 'risk',
    'Risk ' || n, repeat('What may go wrong. ', 5), 'adoption', 'high', true
FROM generate_series(0, :engagements - 1, 10) n;

-- Six of ten are open, three closed, one canceled.
INSERT INTO customer_success.touchpoint (id, revision, created_at, created_by, updated_at, updated_by, domain, number,
    account, engagement, channel, contact, assigned_to, category, state, progress, priority, due_date, product_related,
    subject, description, meeting_date, meeting_type, active, closed_at, closed_by)
SELECT pg_temp.made(20, n), 1, now(), 'bench', now(), 'bench', pg_temp.domain(n % :domains), 'BENCHTCH' || n,
    pg_temp.made(2, n % :accounts), pg_temp.made(10, n % :engagements), 'email', pg_temp.made(3, n % :accounts),
    pg_temp.manager(n % :engagements, :domains), 'general_conversation',
    CASE WHEN k < 6 THEN 'new' WHEN k < 9 THEN 'closed' ELSE 'canceled' END,
    CASE WHEN k < 6 THEN 'not_started' WHEN k < 9 THEN 'completed' ELSE 'canceled' END, 1 + k % 5,
    current_date + (n % 60)::int, false, 'Touchpoint ' || n, repeat('What went well, what did not. ', 5),
    current_date + (n % 60)::int, 'weekly_status', k < 6, CASE WHEN k >= 6 THEN now() END,
    CASE WHEN k >= 6 THEN 'bench' END
FROM (SELECT n, n / :engagements AS k FROM generate_series(0, :touchpoints - 1) n) t;

INSERT INTO customer_success.journal (id, table_name, record, domain, at, by, kind, fields, old_values, new_values)
SELECT pg_temp.made(21, n), 'touchpoint', pg_temp.made(20, n), pg_temp.domain(n % :domains), now(), 'bench', 'created',
    '{}', '{}', '{}'
FROM generate_series(0, :touchpoints - 1) n;

-- The trends of three months: every manager's cards of every day in each of ten domains.
INSERT INTO customer_success.scorecard_snapshot (day, "user", domain, currency, total_engagements,
    total_engagements_value, health_declined, health_declined_value, escalated_account, escalated_account_value,
    renewals_due, renewals_due_value, new_engagements, new_engagements_value)
SELECT current_date - day, pg_temp.made(1, n), pg_temp.domain(n / 10 * 10 + d), 'USD', 10, 50000, 3, 9000, 1, 5000, 1,
    4000, 0, NULL
FROM generate_series(0, :domains - 1) n, generate_series(1, 91) day, generate_series(0, 9) d;

VACUUM ANALYZE;
