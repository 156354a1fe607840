-- What a responsibility is called in Korean; the seed fills in those that nobody has changed.
ALTER TABLE onboarding.responsibility_definition ADD COLUMN name_ko text;
