-- Runs wait in a queue like all work. Those that publish or validate the rows of one task come one after the other, loads
-- go side by side (G-65).
ALTER TABLE import_validation.import_run_work ADD COLUMN turn text
    GENERATED ALWAYS AS (CASE WHEN kind <> 'load' THEN kind || ' ' || import_task::text END) STORED;
SELECT import_validation.make_queue('import_run_work');
UPDATE import_validation.import_run_work SET
    due_at = greatest(queued_at, not_before), takings = attempts,
    owner = left(worker, 36)::uuid, lease_until = beat_at + interval '6 seconds';

-- Instances of the version before, which run on beside for a while, know worker, beat_at, not_before and attempts instead:
-- what either says is said for both. Goes with these columns.
CREATE FUNCTION import_validation.translate_earlier_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.worker, NEW.beat_at, NEW.not_before, NEW.attempts)
        IS DISTINCT FROM (OLD.worker, OLD.beat_at, OLD.not_before, OLD.attempts) THEN
        NEW.owner := left(NEW.worker, 36)::uuid;
        NEW.lease_until := NEW.beat_at + interval '6 seconds';
        NEW.due_at := greatest(NEW.due_at, NEW.not_before);
        NEW.takings := NEW.attempts;
    ELSE
        NEW.worker := NEW.owner::text;
        NEW.beat_at := NEW.lease_until - interval '6 seconds';
        NEW.not_before := NEW.due_at;
        NEW.attempts := NEW.takings;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER translate_earlier_queue BEFORE UPDATE ON import_validation.import_run_work
    FOR EACH ROW EXECUTE FUNCTION import_validation.translate_earlier_queue();
