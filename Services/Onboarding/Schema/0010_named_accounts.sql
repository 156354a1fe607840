-- Workbooks may name an account by its number, too.
CREATE INDEX customer_account_number_alike ON onboarding.customer_account (onboarding.alike_key(account_number));
