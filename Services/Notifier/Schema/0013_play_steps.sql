-- A launcher notifier says at which step its run stands, and follows it when it is taken up again or canceled.
ALTER TABLE notifier.success_launcher_notifier
    DROP CONSTRAINT success_launcher_notifier_status_choice,
    ADD CONSTRAINT success_launcher_notifier_status_choice
        CHECK (status IN ('started', 'in_progress', 'held', 'completed', 'failed', 'canceled')),
    ADD COLUMN attempt integer,
    ADD COLUMN step text,
    ADD COLUMN step_ko text;
ALTER TABLE notifier.in_app_notification
    DROP CONSTRAINT in_app_notification_kind_choice,
    ADD CONSTRAINT in_app_notification_kind_choice CHECK (kind IN (
        'play_started', 'play_held', 'play_completed', 'play_failed', 'play_canceled',
        'record_created', 'record_updated', 'record_deleted', 'record_closed',
        'record_canceled', 'record_reopened', 'record_commented', 'record_noted'));
