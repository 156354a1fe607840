-- Registration of consumers with Service Bridge.
CREATE TABLE onboarding.consumer_registration (
    account uuid NOT NULL
        CONSTRAINT consumer_registration_account_fkey REFERENCES onboarding.customer_account,
    contact uuid NOT NULL
        CONSTRAINT consumer_registration_contact_fkey REFERENCES onboarding.customer_contact,
    instance_url text NOT NULL,
    onboarding_case uuid
        CONSTRAINT consumer_registration_onboarding_case_fkey REFERENCES onboarding.onboarding_case,
    status text NOT NULL CONSTRAINT consumer_registration_status_choice
        CHECK (status IN ('requested', 'in_progress', 'registered', 'failed')),
    failure text CONSTRAINT consumer_registration_failure_choice CHECK (
        failure IN ('registration_failed', 'connection_refused', 'authentication_failed', 'version_mismatch')),
    attempts integer NOT NULL,
    registered_at timestamptz
);
SELECT onboarding.make_record('consumer_registration');
CREATE UNIQUE INDEX consumer_registration_unique ON onboarding.consumer_registration (account, instance_url);

-- The handshakes that have yet to be made.
CREATE TABLE onboarding.consumer_handshake (
    registration uuid PRIMARY KEY REFERENCES onboarding.consumer_registration ON DELETE CASCADE,
    domain text COLLATE "C" NOT NULL
);
SELECT onboarding.separate('consumer_handshake');
SELECT onboarding.make_queue('consumer_handshake');
