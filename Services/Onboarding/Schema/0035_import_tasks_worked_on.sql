-- Whether anything was done on an import task since it was made, as far as its events tell: comments, notes and files leave its
-- revision as it is.
ALTER TABLE onboarding.import_task ADD COLUMN worked_on boolean NOT NULL DEFAULT false;
