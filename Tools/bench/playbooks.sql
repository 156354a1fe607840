-- :cases onboarding cases, each with a run of a playbook and a task for each activity, as copies of the case :template and
-- of what it has. What one case, one person and one customer, whose contact is :contact, has is the same at every size; only
-- how many others there are grows.

\ir filling.sql

CREATE TEMPORARY TABLE template_activity AS
SELECT a.*, row_number() OVER (ORDER BY made IS NULL, position) - 1 AS place, count(*) OVER () AS activities
FROM onboarding.playbook_activity a JOIN onboarding.playbook_run r ON r.id = a.run WHERE r.id = :'run';

-- The squad of the customer, in which all cases have their own.

INSERT INTO onboarding.squad_member (id, revision, domain, account, "user", responsibility, active)
SELECT pg_temp.made(13, nth), 1, c.domain, c.account, c.assigned_to,
    (SELECT min(id::text)::uuid FROM onboarding.responsibility_definition WHERE side = 'squad'), true
FROM onboarding.onboarding_case c, generate_series(1, 3) nth WHERE c.id = :'template';

-- The function stands in FROM: behind SELECT it would be called for each column.

INSERT INTO onboarding.onboarding_case
SELECT made.* FROM onboarding.onboarding_case c, generate_series(0, :cases - 1) n,
    jsonb_populate_record(c, jsonb_build_object('id', pg_temp.made(1, n),
        'domain', CASE WHEN n < 50 THEN c.domain ELSE pg_temp.domain(n % 1000) END,
        'number', 'BENCHCASE' || n, 'account', CASE WHEN n < 50 THEN c.account ELSE pg_temp.made(5, n % 1000) END,
        'contact', CASE WHEN n < 50 THEN :'contact' ELSE pg_temp.made(7, n % 1000)::text END, 'priority', 1 + n % 5,
        'squad', (SELECT jsonb_agg(pg_temp.made(13, nth)) FROM generate_series(1, 3) nth),
        'go_live_date', current_date + (n % 300)::int, 'updated_at', now() - n * interval '7 seconds',
        'assigned_to', CASE WHEN n < 200 THEN c.assigned_to ELSE pg_temp.made(6, n % 1000)::text END)) made
WHERE c.id = :'template';

-- Two of the customer's people and two of the provider's in the teams of each.

INSERT INTO onboarding.case_team_member (id, revision, created_at, created_by, updated_at, updated_by, domain,
    responsibility, contact, "user", onboarding_case, side)
SELECT pg_temp.made(12, r.place * :cases + n), 1, now(), 'bench', now(), 'bench', c.domain, r.id,
    CASE WHEN r.side = 'customer' THEN :'contact'::uuid END, CASE WHEN r.side = 'provider' THEN c.assigned_to END, c.id, r.side
FROM (SELECT id, side, row_number() OVER (ORDER BY side, nth) - 1 AS place
        FROM (SELECT id, side, row_number() OVER (PARTITION BY side ORDER BY id) AS nth
            FROM onboarding.responsibility_definition WHERE side IN ('customer', 'provider')) numbered
        WHERE nth <= 2) r,
    generate_series(0, :cases - 1) n JOIN onboarding.onboarding_case c ON c.id = pg_temp.made(1, n);

INSERT INTO onboarding.playbook_run
SELECT made.* FROM onboarding.playbook_run r, generate_series(0, :cases - 1) n,
    jsonb_populate_record(r, jsonb_build_object('id', pg_temp.made(2, n), 'domain', pg_temp.domain(n % 1000),
        'record', pg_temp.made(1, n))) made
WHERE r.id = :'run';

INSERT INTO onboarding.playbook_activity
SELECT made.* FROM onboarding.playbook_activity a JOIN template_activity t ON t.id = a.id,
    generate_series(0, :cases - 1) n,
    jsonb_populate_record(a, jsonb_build_object('id', pg_temp.made(3, place * :cases + n),
        'domain', pg_temp.domain(n % 1000), 'run', pg_temp.made(2, n),
        'made', CASE WHEN a.made IS NOT NULL THEN pg_temp.made(4, place * :cases + n) END)) made;

INSERT INTO onboarding.lifecycle_task
SELECT made.* FROM onboarding.lifecycle_task k JOIN template_activity t ON t.made = k.id,
    generate_series(0, :cases - 1) n,
    jsonb_populate_record(k, jsonb_build_object('id', pg_temp.made(4, place * :cases + n),
        'domain', CASE WHEN n < 50 THEN k.domain ELSE pg_temp.domain(n % 1000) END,
        'company', CASE WHEN n < 50 THEN k.company ELSE pg_temp.made(5, n % 1000) END,
        'contact', CASE WHEN n < 50 THEN :'contact' ELSE pg_temp.made(7, n % 1000)::text END, 'visible_to_customer', true,
        'parent', pg_temp.made(1, n), 'number', 'BENCHTASK' || place * :cases + n,
        'playbook_activity', pg_temp.made(3, place * :cases + n), 'priority', 1 + n % 5,
        'due_date', current_date - 100 + (n % 300)::int,
        'assigned_to', CASE WHEN n < 50 THEN k.assigned_to ELSE pg_temp.made(6, n % 1000)::text END)) made;

-- The words they are found by, which a trigger keeps otherwise: those of the texts, which all have, and of the numbers.

INSERT INTO onboarding.search_word (record, term, table_name, domain)
SELECT c.id, word.term, 'onboarding_case', c.domain
FROM (SELECT onboarding.search_terms(short_description) AS terms FROM onboarding.onboarding_case
    WHERE id = :'template') text_of,
    onboarding.onboarding_case c, unnest(text_of.terms || ARRAY[lower(c.number), substr(c.number, 10)]) AS word (term)
WHERE c.number LIKE 'BENCHCASE%';

INSERT INTO onboarding.search_word (record, term, table_name, domain)
SELECT k.id, word.term, 'lifecycle_task', k.domain
FROM onboarding.lifecycle_task k, unnest(ARRAY['task', lower(k.number), substr(k.number, 10)]) AS word (term)
WHERE k.number LIKE 'BENCHTASK%';

-- What the other services are searched for: as many import tasks and touchpoints as there are cases.

INSERT INTO import_validation.import_task (id, revision, created_at, created_by, updated_at, updated_by, domain, number,
    source_table, target_table, data_source, data_import_state, state, progress, account, company, parent, contact,
    visible_to_customer, short_description, priority, due_date, assigned_to, active)
SELECT pg_temp.made(8, n), 1, now(), 'bench', now() - n * interval '7 seconds', 'bench',
    CASE WHEN n < 50 THEN c.domain ELSE pg_temp.domain(n % 1000) END, 'BENCHIMPORT' || n, 's', 'location', 'd', 1, 'open',
    'not_started', owner.id, owner.id, pg_temp.made(1, n),
    CASE WHEN n < 50 THEN :'contact'::uuid ELSE pg_temp.made(7, n % 1000) END, true, 'Import locations', 1 + n % 5,
    current_date - 100 + (n % 300)::int, CASE WHEN n < 50 THEN c.assigned_to ELSE pg_temp.made(6, n % 1000)::text END, true
FROM onboarding.onboarding_case c, generate_series(0, :cases - 1) n,
    LATERAL (SELECT CASE WHEN n < 50 THEN c.account ELSE pg_temp.made(5, n % 1000) END) owner (id)
WHERE c.id = :'template';

-- What onboarding has of them, which events bring otherwise: an import task of each case, and a risk of each.

INSERT INTO onboarding.import_task (id, revision, domain, number, parent, account, type, state, progress, priority, due_date,
    assigned_to, contact, short_description, visible_to_customer, active, updated_at)
SELECT id, revision, domain, number, parent, account, 'data_capture', state, progress, priority, due_date, assigned_to,
    contact, short_description, visible_to_customer, active, updated_at
FROM import_validation.import_task WHERE number LIKE 'BENCHIMPORT%';

INSERT INTO onboarding.risk_signal (id, revision, domain, number, account, onboarding_case, short_description, state,
    priority, due_date, assigned_to, active, updated_at)
SELECT pg_temp.made(11, n), 1, c.domain, 'BENCHRISK' || n, c.account, c.id, 'The sponsor leaves', 'active', 1 + n % 5,
    current_date - 100 + (n % 300)::int, c.assigned_to, true, now() - n * interval '7 seconds'
FROM generate_series(0, :cases - 1) n JOIN onboarding.onboarding_case c ON c.id = pg_temp.made(1, n);

INSERT INTO import_validation.search_word (record, term, table_name, domain)
SELECT k.id, word.term, 'import_task', k.domain
FROM import_validation.import_task k,
    unnest(ARRAY['import', 'locations', lower(k.number), substr(k.number, 12)]) AS word (term)
WHERE k.number LIKE 'BENCHIMPORT%';

INSERT INTO customer_success.touchpoint (id, revision, created_at, created_by, updated_at, updated_by, domain, number, account,
    engagement, state, progress, priority, due_date, product_related, subject, description, active)
SELECT pg_temp.made(9, n), 1, now(), 'bench', now() - n * interval '7 seconds', 'bench', pg_temp.domain(n % 1000),
    'BENCHTOUCH' || n, pg_temp.made(5, n % 1000), pg_temp.made(10, n % 1000), 'new', 'not_started', 1 + n % 5,
    current_date + (n % 300)::int, false, 'Quarterly review', 'What comes next.', true
FROM generate_series(0, :cases - 1) n;

INSERT INTO customer_success.search_word (record, term, table_name, domain)
SELECT t.id, word.term, 'touchpoint', t.domain
FROM customer_success.touchpoint t,
    unnest(ARRAY['quarterly', 'review', lower(t.number), substr(t.number, 11)]) AS word (term)
WHERE t.number LIKE 'BENCHTOUCH%';

ANALYZE import_validation.search_word, import_validation.import_task, customer_success.search_word,
    customer_success.touchpoint;
ANALYZE onboarding.search_word, onboarding.onboarding_case, onboarding.playbook_run, onboarding.playbook_activity,
    onboarding.lifecycle_task, onboarding.import_task, onboarding.risk_signal, onboarding.case_team_member,
    onboarding.squad_member;
