-- An outside system is a user that signs its own tokens with a key of its own.
ALTER TABLE onboarding.user
    ADD COLUMN kind text NOT NULL DEFAULT 'person'
        CONSTRAINT user_kind_choice CHECK (kind IN ('person', 'system')),
    ADD COLUMN public_key text
        CONSTRAINT user_key_is_a_systems CHECK (public_key IS NULL OR kind = 'system');
