-- What lists ask for, newest first: one's own notifications that are not read yet, and the plays and mails of a person or
-- a record. Each but the first takes the place of the index on its first column.
CREATE INDEX in_app_notification_unread ON notifier.in_app_notification ("user", id) WHERE read_at IS NULL;
DROP INDEX notifier.success_launcher_notifier_requested_by;
CREATE INDEX success_launcher_notifier_requested_by ON notifier.success_launcher_notifier (requested_by, id);
DROP INDEX notifier.success_launcher_notifier_engagement;
CREATE INDEX success_launcher_notifier_engagement ON notifier.success_launcher_notifier (engagement, id);
DROP INDEX notifier.success_launcher_notifier_source_record;
CREATE INDEX success_launcher_notifier_source_record ON notifier.success_launcher_notifier (source_record, id);
DROP INDEX notifier.email_delivery_user;
CREATE INDEX email_delivery_user ON notifier.email_delivery ("user", id);
DROP INDEX notifier.email_delivery_source_record;
CREATE INDEX email_delivery_source_record ON notifier.email_delivery (source_record, id);
