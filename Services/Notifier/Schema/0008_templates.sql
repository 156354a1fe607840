-- E-mails with texts of a domain's own (G-131).
CREATE TABLE notifier.email_template (
    key text NOT NULL
        CONSTRAINT email_template_key_choice CHECK (key IN (
            'play-completed', 'play-failed', 'record-updated', 'onboarding-contacts', 'key-members', 'account-team')),
    language text NOT NULL
        CONSTRAINT email_template_language_choice CHECK (language IN ('en', 'ko')),
    subject text NOT NULL,
    text text NOT NULL,
    html text NOT NULL
);
SELECT notifier.make_record('email_template', visibility => 'definition');
CREATE UNIQUE INDEX email_template_once ON notifier.email_template (domain, key, language);
