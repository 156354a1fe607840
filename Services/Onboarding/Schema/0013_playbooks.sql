-- Playbooks of onboarding cases, and the activity that a task stands for.
SELECT onboarding.make_playbooks();
ALTER TABLE onboarding.lifecycle_task
    ADD CONSTRAINT lifecycle_task_playbook_activity_fkey FOREIGN KEY (playbook_activity)
    REFERENCES onboarding.playbook_activity;

-- A summary asks for the close notes of import tasks that have none yet (G-66).
ALTER TABLE onboarding.import_task ADD COLUMN close_notes text;
