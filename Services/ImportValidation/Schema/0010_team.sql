-- The teams of onboarding cases, fed by onboarding's events: an import task goes to whoever holds its responsibility on the
-- case (G-44); see TaskAssignee.swift.
CREATE TABLE import_validation.case_team_member (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    onboarding_case uuid,
    responsibility uuid,
    side text,
    "user" text
);
CREATE INDEX case_team_member_onboarding_case ON import_validation.case_team_member (onboarding_case);
SELECT import_validation.separate('case_team_member');
