-- A link goes with what it links an article with: also with an import task, which is a copy here, whether its owner tells that it
-- is gone or a comparison with the owner finds it so.
DELETE FROM onboarding.knowledge_link AS link
WHERE import_task IS NOT NULL AND NOT EXISTS (SELECT FROM onboarding.import_task task WHERE task.id = link.import_task);
ALTER TABLE onboarding.knowledge_link ADD CONSTRAINT knowledge_link_import_task_fkey
    FOREIGN KEY (import_task) REFERENCES onboarding.import_task ON DELETE CASCADE;
