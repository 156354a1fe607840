-- What is sent and staged for a task is a customer's only while the task is visible to customers (G-23): the policies of the
-- task itself say for whose account. Who of the account is its contact, the service says.
CREATE POLICY shown ON import_validation.upload AS RESTRICTIVE FOR SELECT USING (
    (SELECT coalesce(current_setting('ale.accounts', true), '') = '')
    OR import_task IN (SELECT id FROM import_validation.import_task WHERE visible_to_customer));
CREATE POLICY shown ON import_validation.import_run AS RESTRICTIVE FOR SELECT USING (
    (SELECT coalesce(current_setting('ale.accounts', true), '') = '')
    OR import_task IN (SELECT id FROM import_validation.import_task WHERE visible_to_customer));
CREATE POLICY shown ON import_validation.staging_row AS RESTRICTIVE FOR SELECT USING (
    (SELECT coalesce(current_setting('ale.accounts', true), '') = '')
    OR import_task IN (SELECT id FROM import_validation.import_task WHERE visible_to_customer));

-- Properties that administrators set (G-67, G-68), and the backup job (imports, section 7).
CREATE TABLE import_validation.system_property (
    name text NOT NULL CONSTRAINT system_property_name CHECK (name = 'sn_acct_lc.BackupDays'),
    value text NOT NULL CONSTRAINT system_property_value_days CHECK (value ~ '^[1-9][0-9]{0,3}$')
);
SELECT import_validation.make_record('system_property', visibility => 'definition');
CREATE UNIQUE INDEX system_property_once ON import_validation.system_property (domain, name);

CREATE TABLE import_validation.staging_backup (name text, active boolean);
SELECT import_validation.make_record('staging_backup', visibility => 'definition');
CREATE UNIQUE INDEX staging_backup_once ON import_validation.staging_backup (domain);

-- Backups that are queued or being written, and how far each is.
CREATE TABLE import_validation.staging_backup_work (
    id uuid PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    import_task uuid NOT NULL
        CONSTRAINT staging_backup_work_import_task_fkey REFERENCES import_validation.import_task ON DELETE CASCADE,
    -- The day in the name of the file, and before when the rows were staged that are in it.
    day date NOT NULL,
    created_before timestamptz NOT NULL,
    -- The files so far, the bytes of the last one, and the last row in it.
    attachments uuid[] NOT NULL DEFAULT '{}',
    received bigint NOT NULL DEFAULT 0,
    last_number integer NOT NULL DEFAULT -1,
    last_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    CONSTRAINT staging_backup_work_once UNIQUE (import_task, day)
);
SELECT import_validation.separate('staging_backup_work');
SELECT import_validation.make_queue('staging_backup_work');

-- How many published rows of a file were removed since its task was closed (G-55).
CREATE TABLE import_validation.removed_rows (
    upload uuid PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    import_task uuid NOT NULL
        CONSTRAINT removed_rows_import_task_fkey REFERENCES import_validation.import_task ON DELETE CASCADE,
    published bigint NOT NULL
);
CREATE INDEX removed_rows_import_task ON import_validation.removed_rows (import_task);
SELECT import_validation.separate('removed_rows');
