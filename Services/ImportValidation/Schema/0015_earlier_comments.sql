-- Instances of the version before, which run on beside for a while, write the comment of a row and know nothing of its
-- errors: what they have replaced or taken away must not go on to be read. Goes when no such instance can be left.
CREATE FUNCTION import_validation.forget_errors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.errors := NULL;
    RETURN NEW;
END
$$;
CREATE TRIGGER forget_errors BEFORE UPDATE OF comment ON import_validation.staging_row_intake
    FOR EACH ROW WHEN (NEW.errors IS NOT NULL AND NEW.errors IS NOT DISTINCT FROM OLD.errors
        AND NEW.comment IS DISTINCT FROM OLD.comment)
    EXECUTE FUNCTION import_validation.forget_errors();
