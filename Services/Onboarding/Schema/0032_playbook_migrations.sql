-- Migrations of running playbooks to another version.
SELECT onboarding.make_playbook_migrations();
