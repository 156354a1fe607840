-- How people sign in (G-103).
ALTER TABLE onboarding."user" ADD COLUMN time_zone text;

-- Sessions. Of the token there is the SHA-256 alone.
CREATE TABLE onboarding.session (
    id uuid PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    "user" text NOT NULL,
    token_hash text NOT NULL CONSTRAINT session_token UNIQUE,
    device text NOT NULL,
    method text NOT NULL,
    signed_in_at timestamptz NOT NULL,
    used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_domain ON onboarding.session (domain, id);
CREATE INDEX session_of_user ON onboarding.session ("user", used_at);
CREATE INDEX session_expiry ON onboarding.session (expires_at);
CREATE INDEX session_use ON onboarding.session (used_at);
SELECT onboarding.separate('session');

-- Passwords: argon2id, with salt and cost in the text.
CREATE TABLE onboarding.password (
    "user" text PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    hash text NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX password_domain ON onboarding.password (domain);
SELECT onboarding.separate('password');

-- Links that people were sent, by which they choose a password.
CREATE TABLE onboarding.sign_in_link (
    "user" text NOT NULL,
    purpose text NOT NULL
        CONSTRAINT sign_in_link_purpose_choice CHECK (purpose IN ('invitation', 'password_reset')),
    expires_at timestamptz,
    used_at timestamptz
);
SELECT onboarding.make_record('sign_in_link');
CREATE INDEX sign_in_link_user ON onboarding.sign_in_link ("user", id);

-- What such a link proves itself by: the SHA-256 of its secret, which the e-mail alone holds.
CREATE TABLE onboarding.sign_in_secret (
    link uuid PRIMARY KEY REFERENCES onboarding.sign_in_link ON DELETE CASCADE,
    domain text COLLATE "C" NOT NULL,
    "user" text NOT NULL,
    hash text NOT NULL CONSTRAINT sign_in_secret_hash UNIQUE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_secret_domain ON onboarding.sign_in_secret (domain);
CREATE INDEX sign_in_secret_user ON onboarding.sign_in_secret ("user");
CREATE INDEX sign_in_secret_expiry ON onboarding.sign_in_secret (expires_at);
SELECT onboarding.separate('sign_in_secret');

-- Attempts that have not succeeded, by the SHA-256 of whom they were for and of where they came from. Nobody's domain.
CREATE TABLE onboarding.sign_in_attempt (
    subject text PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    attempts integer NOT NULL,
    last_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL
);
CREATE INDEX sign_in_attempt_domain ON onboarding.sign_in_attempt (domain);
CREATE INDEX sign_in_attempt_age ON onboarding.sign_in_attempt (last_at);
SELECT onboarding.separate('sign_in_attempt');

-- Addresses whose password was forgotten, whoever they are of: looked at later, so that the answer tells nothing.
CREATE TABLE onboarding.forgotten_password (
    id uuid PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    email text NOT NULL
);
CREATE INDEX forgotten_password_domain ON onboarding.forgotten_password (domain);
SELECT onboarding.separate('forgotten_password');
SELECT onboarding.make_queue('forgotten_password');
