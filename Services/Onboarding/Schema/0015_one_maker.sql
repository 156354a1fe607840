-- A record is one activity's: of two that take it over at once, one makes its own.
DROP INDEX onboarding.playbook_activity_made;
CREATE UNIQUE INDEX playbook_activity_made ON onboarding.playbook_activity (made) WHERE made IS NOT NULL;
