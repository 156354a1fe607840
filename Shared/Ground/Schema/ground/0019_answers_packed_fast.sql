-- Answers of requests that write many records are large, and are hardly ever read again: packing them by the server's old way
-- takes longer than writing them. Where the server has the other, it is used.
DO $$ BEGIN
    IF (SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression') THEN
        ALTER TABLE {schema}.request_log ALTER COLUMN response SET COMPRESSION lz4;
    END IF;
END $$;
