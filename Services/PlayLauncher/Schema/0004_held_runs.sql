-- A run whose launcher may no longer act is held until somebody takes it over.
ALTER TABLE play_launcher.flow_run
    DROP CONSTRAINT flow_run_state_choice,
    ADD CONSTRAINT flow_run_state_choice
        CHECK (state IN ('started', 'in_progress', 'waiting', 'held', 'completed', 'failed'));
ALTER TABLE play_launcher.flow_execution
    DROP CONSTRAINT flow_execution_phase_choice,
    -- held: a step was refused for want of a right its person has lost.
    ADD CONSTRAINT flow_execution_phase_choice CHECK (phase IN ('flow', 'held', 'note', 'done'));
