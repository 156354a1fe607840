-- The teams of onboarding cases, fed by onboarding's events: the page of an engagement shows the customer's.
CREATE TABLE customer_success.case_team_member (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    onboarding_case uuid,
    side text,
    contact uuid
);
CREATE INDEX case_team_member_onboarding_case ON customer_success.case_team_member (onboarding_case);
SELECT customer_success.separate('case_team_member');
