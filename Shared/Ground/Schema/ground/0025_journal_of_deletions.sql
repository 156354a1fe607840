-- What a record held when it was deleted: something may wait for that.
ALTER TABLE {schema}.journal
    DROP CONSTRAINT journal_kind_check,
    ADD CONSTRAINT journal_kind_check
        CHECK (kind IN ('created', 'field', 'deleted', 'work_notes', 'additional_comments')) NOT VALID;
