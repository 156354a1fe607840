-- Days on which nobody works for an account.
CREATE TABLE onboarding.account_holiday (
    account uuid NOT NULL
        CONSTRAINT account_holiday_account_fkey REFERENCES onboarding.customer_account,
    day date NOT NULL,
    name text NOT NULL
);
SELECT onboarding.make_record('account_holiday');
ALTER TABLE onboarding.account_holiday ADD CONSTRAINT account_holiday_unique UNIQUE (account, day);
DROP INDEX onboarding.account_holiday_account;
CREATE INDEX account_holiday_account ON onboarding.account_holiday (account, id);

-- Moves of dates: what was previewed, and what became of it.
CREATE TABLE onboarding.date_move (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    onboarding_case uuid NOT NULL
        CONSTRAINT date_move_onboarding_case_fkey REFERENCES onboarding.onboarding_case ON DELETE CASCADE,
    lifecycle_task uuid
        CONSTRAINT date_move_lifecycle_task_fkey REFERENCES onboarding.lifecycle_task ON DELETE CASCADE,
    state text NOT NULL CONSTRAINT date_move_state_choice
        CHECK (state IN ('previewed', 'applying', 'applied', 'undoing', 'undone', 'refused')),
    -- The message that was previewed.
    preview bytea NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    applied_at timestamptz,
    applied_by text,
    undone_at timestamptz,
    undone_by text,
    -- Why the last attempt to apply or undo it came to nothing.
    refusal text,
    refusal_ko text
);
SELECT onboarding.separate('date_move');
-- Of each person there is one preview of a case at a time.
CREATE INDEX date_move_onboarding_case ON onboarding.date_move (onboarding_case, created_by) WHERE state = 'previewed';
CREATE INDEX date_move_case ON onboarding.date_move (onboarding_case);
CREATE INDEX date_move_lifecycle_task ON onboarding.date_move (lifecycle_task);

-- Moves that take import tasks of import-validation along and have yet to be carried out, or taken back.
CREATE TABLE onboarding.date_move_call (
    move uuid PRIMARY KEY REFERENCES onboarding.date_move ON DELETE CASCADE,
    domain text COLLATE "C" NOT NULL,
    -- In whose name.
    requester text NOT NULL,
    is_back boolean NOT NULL,
    -- The import tasks that have been written.
    written text[] NOT NULL DEFAULT '{}',
    -- Why what was written is taken back.
    refusal text,
    refusal_ko text,
    failures integer NOT NULL DEFAULT 0
);
SELECT onboarding.separate('date_move_call');
SELECT onboarding.make_queue('date_move_call');
