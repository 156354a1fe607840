-- A replica that cannot be rebuilt lets the others go first, and tells the operator why. Both are empty after a step
-- that went well.
ALTER TABLE {schema}.replica_rebuild
    ADD COLUMN failed_at timestamptz,
    ADD COLUMN failure text,
    ADD COLUMN failure_ko text;
