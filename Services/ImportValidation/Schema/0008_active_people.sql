-- Whether a contact is still there, and whether a user is a person or an outside system: neither a contact who has left
-- nor a system is given work.
ALTER TABLE import_validation.customer_contact ADD COLUMN active boolean;
ALTER TABLE import_validation."user" ADD COLUMN kind text;
-- A copy from before its column was there does not count: it is fetched when a task names it next.
UPDATE import_validation.customer_contact SET revision = 0;
UPDATE import_validation."user" SET revision = 0;
