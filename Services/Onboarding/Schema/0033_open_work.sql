-- What has ended stays active, and is most of what there is in time: the lists and counts of open work must not walk over it.
DROP INDEX onboarding.onboarding_case_stale;
CREATE INDEX onboarding_case_stale ON onboarding.onboarding_case (updated_at)
    WHERE active AND state NOT IN ('closed', 'canceled');
CREATE INDEX lifecycle_task_open_ranked ON onboarding.lifecycle_task
    ((CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN due_date IS NULL THEN 'infinity'::date ELSE due_date END), updated_at, id)
    WHERE active AND state NOT IN ('closed', 'canceled');
CREATE INDEX import_task_open_ranked ON onboarding.import_task
    ((CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN due_date IS NULL THEN 'infinity'::date ELSE due_date END), updated_at, id)
    WHERE active AND state NOT IN ('closed', 'canceled');
DROP INDEX onboarding.risk_signal_ranked;
CREATE INDEX risk_signal_ranked ON onboarding.risk_signal
    ((CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN due_date IS NULL THEN 'infinity'::date ELSE due_date END), updated_at, id)
    WHERE active AND state NOT IN ('closed', 'canceled');
DROP INDEX onboarding.lifecycle_task_due;
CREATE INDEX lifecycle_task_due ON onboarding.lifecycle_task (due_date)
    WHERE active AND state NOT IN ('closed', 'canceled');
DROP INDEX onboarding.import_task_due;
CREATE INDEX import_task_due ON onboarding.import_task (due_date)
    WHERE active AND state NOT IN ('closed', 'canceled');

-- Counts walk open work and its cases together, from the newest case on.
CREATE INDEX lifecycle_task_open ON onboarding.lifecycle_task (parent, due_date)
    WHERE active AND state NOT IN ('closed', 'canceled');
CREATE INDEX import_task_open ON onboarding.import_task (parent, due_date)
    WHERE active AND state NOT IN ('closed', 'canceled');
CREATE INDEX risk_signal_open ON onboarding.risk_signal (onboarding_case)
    WHERE active AND state NOT IN ('closed', 'canceled');
