-- On which side a user stands: those of a customer have an account.
ALTER TABLE customer_success."user" ADD COLUMN account uuid;
-- A copy from before the column was there does not count: it is fetched when a record names the user next.
UPDATE customer_success."user" SET revision = 0;
