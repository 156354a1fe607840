-- The event a mail tells of, without its text: whether its reader may know of it is asked again when the mail is sent.
ALTER TABLE notifier.mail_queue ADD COLUMN event bytea;
