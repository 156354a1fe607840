-- Sign-in with other issuers (OpenID Connect): what was begun and waits for the code. Nobody's domain.
CREATE TABLE onboarding.federated_sign_in (
    state_hash text PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    issuer text NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL,
    redirect_uri text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX federated_sign_in_domain ON onboarding.federated_sign_in (domain);
CREATE INDEX federated_sign_in_expiry ON onboarding.federated_sign_in (expires_at);
SELECT onboarding.separate('federated_sign_in');

-- Whom an issuer knows a user as. The link is made at the first sign-in, and holds when addresses change.
CREATE TABLE onboarding.linked_subject (
    issuer text NOT NULL,
    subject text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    "user" text NOT NULL,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject),
    CONSTRAINT linked_subject_user UNIQUE ("user", issuer)
);
CREATE INDEX linked_subject_domain ON onboarding.linked_subject (domain);
SELECT onboarding.separate('linked_subject');
