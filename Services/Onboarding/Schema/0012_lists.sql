-- What lists and pages ask for, in the order they show it: one's own open work by date, and that of a case. `active`
-- stands between, so that one index serves these and whoever asks for the column alone, whose index it replaces.
DROP INDEX onboarding.onboarding_case_assigned_to;
CREATE INDEX onboarding_case_assigned_to ON onboarding.onboarding_case (assigned_to, active, go_live_date, id);
DROP INDEX onboarding.lifecycle_task_assigned_to;
CREATE INDEX lifecycle_task_assigned_to ON onboarding.lifecycle_task (assigned_to, active, due_date, id);
DROP INDEX onboarding.lifecycle_task_parent;
CREATE INDEX lifecycle_task_parent ON onboarding.lifecycle_task (parent, active, due_date, id);

-- Accounts and the people of one by name: orderings are by bytes, whatever the collation of the database.
DROP INDEX onboarding.customer_account_name;
CREATE INDEX customer_account_name ON onboarding.customer_account (name COLLATE "C", id);
DROP INDEX onboarding.customer_contact_account;
CREATE INDEX customer_contact_account ON onboarding.customer_contact (account, last_name COLLATE "C", id);
