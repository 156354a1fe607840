-- The search as all services have it: who sees few domains looks through their words alone.
SELECT import_validation.make_search();

-- Who has said something on a task is shown by name. Copies of before are fetched anew, at once where there is something to
-- show.
ALTER TABLE import_validation."user" ADD COLUMN name text;
UPDATE import_validation."user" SET revision = 0;
INSERT INTO import_validation.replica_rebuild (table_name, asked_at, asked_by)
SELECT 'user', now(), 'migration' WHERE EXISTS (SELECT FROM import_validation.import_task)
ON CONFLICT (table_name) DO UPDATE SET asked_at = excluded.asked_at, asked_by = excluded.asked_by, is_open = TRUE,
    page_token = '', reached = NULL, stored = 0, removed = 0, failed_at = NULL, failure = NULL, failure_ko = NULL;
