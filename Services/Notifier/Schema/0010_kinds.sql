-- What a notification tells of is one of these kinds; whatever else happened to a record is a change of it.
UPDATE notifier.in_app_notification SET kind = 'record_updated'
WHERE kind LIKE 'record\_%' AND kind NOT IN (
    'record_created', 'record_updated', 'record_deleted', 'record_closed',
    'record_canceled', 'record_reopened', 'record_commented', 'record_noted');
ALTER TABLE notifier.in_app_notification
    ADD CONSTRAINT in_app_notification_kind_choice CHECK (kind IN (
        'play_started', 'play_held', 'play_completed', 'play_failed',
        'record_created', 'record_updated', 'record_deleted', 'record_closed',
        'record_canceled', 'record_reopened', 'record_commented', 'record_noted'));
