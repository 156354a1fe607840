-- What lists and pages ask for, in the order they show it: one's own open import tasks by date and those of a case, and
-- the uploads and runs of a task, newest first. Each takes the place of the index on its first column.
DROP INDEX import_validation.import_task_assigned_to;
CREATE INDEX import_task_assigned_to ON import_validation.import_task (assigned_to, active, due_date, id);
DROP INDEX import_validation.import_task_parent;
CREATE INDEX import_task_parent ON import_validation.import_task (parent, active, due_date, id);
DROP INDEX import_validation.upload_import_task;
CREATE INDEX upload_import_task ON import_validation.upload (import_task, id);
DROP INDEX import_validation.import_run_import_task;
CREATE INDEX import_run_import_task ON import_validation.import_run (import_task, id);
