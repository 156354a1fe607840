-- The people of an account, and those of a domain who are of no account, by name: who invites finds them so.
DROP INDEX onboarding.user_account;
CREATE INDEX user_account ON onboarding."user" (account, name, id);
CREATE INDEX user_domain_name ON onboarding."user" (domain, name, id) WHERE account IS NULL;
