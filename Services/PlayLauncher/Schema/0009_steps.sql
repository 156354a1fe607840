-- A run can be looked at: what each step asked for, when it began, who had it skipped and why.
ALTER TABLE play_launcher.flow_step
    DROP CONSTRAINT flow_step_state_choice,
    ADD CONSTRAINT flow_step_state_choice CHECK (state IN ('pending', 'done', 'failed', 'skipped')),
    ADD COLUMN input text,
    ADD COLUMN began_at timestamptz,
    ADD COLUMN skipped_by text,
    ADD COLUMN reason text;
-- Where a run stands, how often it was taken up, and who had it end.
ALTER TABLE play_launcher.flow_run
    DROP CONSTRAINT flow_run_state_choice,
    ADD CONSTRAINT flow_run_state_choice
        CHECK (state IN ('started', 'in_progress', 'waiting', 'held', 'completed', 'failed', 'canceled')),
    ADD COLUMN attempt integer,
    ADD COLUMN step text,
    ADD COLUMN step_ko text,
    ADD COLUMN canceled_by text,
    ADD COLUMN cancel_reason text;
ALTER TABLE play_launcher.flow_execution
    -- Of a failed run the flows as they were before the result it failed with: there it is taken up again.
    ADD COLUMN stood text,
    ADD COLUMN attempt integer NOT NULL DEFAULT 1,
    -- The present step is not carried out any more.
    ADD COLUMN skips boolean NOT NULL DEFAULT false,
    -- Somebody has the run end.
    ADD COLUMN cancels boolean NOT NULL DEFAULT false;
