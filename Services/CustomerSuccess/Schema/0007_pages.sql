-- What the pages need beyond the records: the scorecards of past days, and the ways to find what a page shows.

-- The scorecards of one user (G-35), as they stood when the snapshot of the day was last taken: one row per domain and
-- currency, so that everybody adds up what they may see. A card without engagements counts 0 and has no value.
CREATE TABLE customer_success.scorecard_snapshot (
    day date NOT NULL,
    "user" text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    currency text NOT NULL,
    total_engagements integer NOT NULL,
    total_engagements_value numeric,
    health_declined integer NOT NULL,
    health_declined_value numeric,
    escalated_account integer NOT NULL,
    escalated_account_value numeric,
    renewals_due integer NOT NULL,
    renewals_due_value numeric,
    new_engagements integer NOT NULL,
    new_engagements_value numeric,
    PRIMARY KEY ("user", day, domain, currency)
);
CREATE INDEX scorecard_snapshot_day ON customer_success.scorecard_snapshot (day);
SELECT customer_success.separate('scorecard_snapshot');

-- The customer team of an engagement page.
CREATE INDEX customer_contact_account ON customer_success.customer_contact (account);

-- Response template.
CREATE TABLE customer_success.response_template (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text NOT NULL,
    body_en text NOT NULL,
    body_ko text NOT NULL,
    active boolean NOT NULL,
    CONSTRAINT response_template_unique UNIQUE (domain, name)  -- G-113
);
CREATE INDEX response_template_domain ON customer_success.response_template (domain, id);
SELECT customer_success.separate('response_template', 'definition');
