-- The search as all services have it: who sees few domains looks through their words alone.
SELECT onboarding.make_search();

-- Articles are related to import tasks as to other tasks, and shared on them.
ALTER TABLE onboarding.knowledge_rule
    DROP CONSTRAINT knowledge_rule_table_choice,
    ADD CONSTRAINT knowledge_rule_table_choice
        CHECK ("table" IN ('onboarding_case', 'lifecycle_task', 'import_task'));
ALTER TABLE onboarding.knowledge_link
    ADD COLUMN import_task uuid,
    DROP CONSTRAINT knowledge_link_target,
    ADD CONSTRAINT knowledge_link_target
        CHECK (num_nonnulls(onboarding_case, lifecycle_task, import_task, contact) = 1),
    DROP CONSTRAINT knowledge_link_unique,
    ADD CONSTRAINT knowledge_link_unique
        UNIQUE NULLS NOT DISTINCT (article, purpose, onboarding_case, lifecycle_task, import_task, contact);
CREATE INDEX knowledge_link_import_task ON onboarding.knowledge_link (import_task);
-- What is asked for each page: the rules of a table, and what is shared with a person.
CREATE INDEX knowledge_rule_table ON onboarding.knowledge_rule ("table", domain, id) WHERE active IS NOT FALSE;

-- All cases of the portal, what has ended behind what is open.
CREATE INDEX onboarding_case_all_ranked ON onboarding.onboarding_case
    ((CASE WHEN active IS NOT TRUE THEN 10 WHEN priority IS NULL THEN 9 ELSE priority END),
    (CASE WHEN go_live_date IS NULL THEN 'infinity'::date ELSE go_live_date END), updated_at, id);
