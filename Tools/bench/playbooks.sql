-- :cases onboarding cases, each with a run of a playbook and a task for each activity, as copies of the case :template and
-- of what it has. What one case has is the same at every size; only how many others there are grows.

SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

-- The id of the nth thing of a kind. What belongs to one case lies far apart, as it does after years.
CREATE FUNCTION pg_temp.made(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
        || '8' || substr(md5(kind || '.' || n), 1, 15))::uuid
$$;
CREATE FUNCTION pg_temp.domain(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '/provider/c' || lpad((n % 1000)::text, 4, '0') || '/'
$$;

CREATE TEMPORARY TABLE template_activity AS
SELECT a.*, row_number() OVER (ORDER BY position) - 1 AS place, count(*) OVER () AS activities
FROM onboarding.playbook_activity a JOIN onboarding.playbook_run r ON r.id = a.run WHERE r.id = :'run';

INSERT INTO onboarding.onboarding_case
SELECT (jsonb_populate_record(c, jsonb_build_object('id', pg_temp.made(1, n), 'domain', pg_temp.domain(n),
    'number', 'BENCHCASE' || n, 'account', pg_temp.made(5, n % 1000)))).*
FROM onboarding.onboarding_case c, generate_series(0, :cases - 1) n WHERE c.id = :'template';

INSERT INTO onboarding.playbook_run
SELECT (jsonb_populate_record(r, jsonb_build_object('id', pg_temp.made(2, n), 'domain', pg_temp.domain(n),
    'record', pg_temp.made(1, n)))).*
FROM onboarding.playbook_run r, generate_series(0, :cases - 1) n WHERE r.id = :'run';

INSERT INTO onboarding.playbook_activity
SELECT (jsonb_populate_record(a, jsonb_build_object('id', pg_temp.made(3, place * :cases + n),
    'domain', pg_temp.domain(n), 'run', pg_temp.made(2, n),
    'made', CASE WHEN a.made IS NOT NULL THEN pg_temp.made(4, place * :cases + n) END))).*
FROM onboarding.playbook_activity a JOIN template_activity t ON t.id = a.id, generate_series(0, :cases - 1) n;

INSERT INTO onboarding.lifecycle_task
SELECT (jsonb_populate_record(k, jsonb_build_object('id', pg_temp.made(4, place * :cases + n),
    'domain', pg_temp.domain(n), 'parent', pg_temp.made(1, n), 'number', 'BENCHTASK' || place * :cases + n,
    'playbook_activity', pg_temp.made(3, place * :cases + n)))).*
FROM onboarding.lifecycle_task k JOIN template_activity t ON t.made = k.id, generate_series(0, :cases - 1) n;

ANALYZE onboarding.onboarding_case, onboarding.playbook_run, onboarding.playbook_activity, onboarding.lifecycle_task;
