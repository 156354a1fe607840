-- The customer portal: what stands in the headers of its pages, and the tasks of a contact.
CREATE TABLE onboarding.portal_header_field (
    shown_on text NOT NULL
        CONSTRAINT portal_header_field_shown_on_choice CHECK (shown_on IN ('case_page', 'task_page')),
    field_name text NOT NULL,
    position integer NOT NULL
);
SELECT onboarding.make_record('portal_header_field', visibility => 'definition');
ALTER TABLE onboarding.portal_header_field
    ADD CONSTRAINT portal_header_field_unique UNIQUE (domain, shown_on, field_name);

-- One's own cases and tasks of a contact, and all of an account, in the order of the lists.
CREATE INDEX onboarding_case_portal ON onboarding.onboarding_case
    (contact, (CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN go_live_date IS NULL THEN 'infinity'::date ELSE go_live_date END), updated_at, id) WHERE active;
CREATE INDEX onboarding_case_ranked_account ON onboarding.onboarding_case
    (account, (CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN go_live_date IS NULL THEN 'infinity'::date ELSE go_live_date END), updated_at, id) WHERE active;
CREATE INDEX lifecycle_task_portal ON onboarding.lifecycle_task
    (contact, (CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN due_date IS NULL THEN 'infinity'::date ELSE due_date END), updated_at, id) WHERE active;
CREATE INDEX lifecycle_task_own ON onboarding.lifecycle_task
    (assigned_to, (CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN due_date IS NULL THEN 'infinity'::date ELSE due_date END), updated_at, id) WHERE active;
CREATE INDEX import_task_portal ON onboarding.import_task
    (contact, (CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN due_date IS NULL THEN 'infinity'::date ELSE due_date END), updated_at, id) WHERE active;
CREATE INDEX import_task_own ON onboarding.import_task
    (assigned_to, (CASE WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN due_date IS NULL THEN 'infinity'::date ELSE due_date END), updated_at, id) WHERE active;

-- An import task is a customer's by its account, too, now that the copy names it.
DO $$
DECLARE
    own text := onboarding.own_rows('import_task');
BEGIN
    EXECUTE format('ALTER POLICY own ON onboarding.import_task USING (%s) WITH CHECK (%s)', own, own);
END
$$;
