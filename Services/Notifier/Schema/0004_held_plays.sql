ALTER TABLE notifier.success_launcher_notifier
    DROP CONSTRAINT success_launcher_notifier_status_choice,
    ADD CONSTRAINT success_launcher_notifier_status_choice
        CHECK (status IN ('started', 'in_progress', 'held', 'completed', 'failed'));
