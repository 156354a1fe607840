-- Files of cases and their tasks (G-121).
SELECT onboarding.have_attachments('onboarding_case');
SELECT onboarding.have_attachments('lifecycle_task');

-- What each person was told of the team of a case (G-40, G-41).
CREATE TABLE onboarding.team_message (
    onboarding_case uuid NOT NULL
        CONSTRAINT team_message_onboarding_case_fkey REFERENCES onboarding.onboarding_case ON DELETE CASCADE,
    kind text NOT NULL
        CONSTRAINT team_message_kind_choice CHECK (kind IN ('onboarding_contacts', 'key_members', 'account_team')),
    completion integer NOT NULL,
    contact uuid
        CONSTRAINT team_message_contact_fkey REFERENCES onboarding.customer_contact ON DELETE SET NULL,
    "user" text,
    recipient text NOT NULL,
    recipient_name text,
    language text NOT NULL
        CONSTRAINT team_message_language_choice CHECK (language IN ('en', 'ko')),
    people text NOT NULL,
    account_name text,
    case_number text,
    playbook_activity text NOT NULL
);
SELECT onboarding.make_record('team_message');
-- Of one case, the newest first.
DROP INDEX onboarding.team_message_onboarding_case;
CREATE INDEX team_message_onboarding_case ON onboarding.team_message (onboarding_case, id);
CREATE INDEX team_message_user ON onboarding.team_message ("user");
