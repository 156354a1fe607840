-- What is kept of a migrated run for its undo is large, and is hardly ever read again: see the answers of requests.
DO $$ BEGIN
    IF (SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression') THEN
        ALTER TABLE onboarding.playbook_migration_case ALTER COLUMN preview SET COMPRESSION lz4,
            ALTER COLUMN ground SET COMPRESSION lz4, ALTER COLUMN outcome SET COMPRESSION lz4;
    END IF;
END $$;
