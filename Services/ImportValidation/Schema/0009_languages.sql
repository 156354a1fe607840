-- The language of a user, in which the service writes to them.
ALTER TABLE import_validation."user" ADD COLUMN language text;
-- A copy from before the column was there does not count: it is fetched when a record names the user next.
UPDATE import_validation."user" SET revision = 0;
