-- The language of a user, in which the service writes to them.
ALTER TABLE customer_success."user" ADD COLUMN language text;
-- A copy from before the column was there does not count: it is fetched when a record names the user next.
UPDATE customer_success."user" SET revision = 0;

-- What a responsibility is called in Korean.
ALTER TABLE customer_success.responsibility_definition ADD COLUMN name_ko text;
UPDATE customer_success.responsibility_definition SET revision = 0;
