-- Registrations as the customer who sets Service Bridge up lists them: those of an account, the newest first.
DROP INDEX onboarding.consumer_registration_account;
CREATE INDEX consumer_registration_account ON onboarding.consumer_registration (account, id);
