-- The e-mails by which people sign in can be replaced as others (G-131).
ALTER TABLE notifier.email_template DROP CONSTRAINT email_template_key_choice;
ALTER TABLE notifier.email_template ADD CONSTRAINT email_template_key_choice CHECK (key IN (
    'play-completed', 'play-failed', 'record-updated', 'onboarding-contacts', 'key-members', 'account-team',
    'invitation', 'password-reset'));
