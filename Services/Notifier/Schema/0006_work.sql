-- Mails count how often they were taken, as all work does.
SELECT notifier.make_queue('mail_queue');
