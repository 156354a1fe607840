-- Whether a member is still in the squad. Onboarding asks nobody: what was copied before counts as there, until the
-- member's next event.
ALTER TABLE onboarding.squad_member ADD COLUMN active boolean;
