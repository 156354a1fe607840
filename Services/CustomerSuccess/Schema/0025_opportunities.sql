-- Opportunities to renew or to expand (G-120).
CREATE TABLE customer_success.opportunity (
    engagement uuid NOT NULL REFERENCES customer_success.engagement,
    account uuid,
    kind text NOT NULL CONSTRAINT opportunity_kind_choice CHECK (kind IN ('renewal', 'expansion')),
    title text NOT NULL,
    description text,
    value numeric,
    currency text,
    expected_date date,
    probability integer CONSTRAINT opportunity_probability CHECK (probability BETWEEN 0 AND 100),
    state text NOT NULL
        CONSTRAINT opportunity_state_choice CHECK (state IN ('new', 'qualified', 'handed_over', 'won', 'lost')),
    assigned_to text,
    handed_over_to text,
    handed_over_at timestamptz,
    "table" text,
    source_record uuid,
    watch_list text[] NOT NULL DEFAULT '{}',
    work_notes_list text[] NOT NULL DEFAULT '{}',
    CONSTRAINT opportunity_value CHECK (value IS NULL OR currency IS NOT NULL),
    CONSTRAINT opportunity_handed_over CHECK ((handed_over_to IS NULL) = (handed_over_at IS NULL))
);
SELECT customer_success.make_record('opportunity', numbered => true, ended => '{won,lost}');

-- Those of an engagement, one's own, and those that one was handed, by the date that is expected.
DROP INDEX customer_success.opportunity_engagement;
CREATE INDEX opportunity_engagement ON customer_success.opportunity (engagement, active, expected_date, id);
DROP INDEX customer_success.opportunity_account;
CREATE INDEX opportunity_account ON customer_success.opportunity (account, id);
CREATE INDEX opportunity_assigned_to ON customer_success.opportunity (assigned_to, active, expected_date, id);
CREATE INDEX opportunity_handed_over_to ON customer_success.opportunity (handed_over_to, active, expected_date, id);

SELECT customer_success.be_searched('opportunity', 'number', 'title', 'description');

-- The page of an engagement shows its milestones to come.
DROP INDEX customer_success.success_milestone_engagement;
CREATE INDEX success_milestone_engagement
    ON customer_success.success_milestone (engagement, active, target_date, id);
