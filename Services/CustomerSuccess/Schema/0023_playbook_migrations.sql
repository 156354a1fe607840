-- Migrations of running playbooks to another version.
SELECT customer_success.make_playbook_migrations();
