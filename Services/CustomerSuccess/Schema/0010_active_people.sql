-- Whether a contact is still there, and whether a user is a person or an outside system: neither a contact who has left
-- nor a system is given work.
ALTER TABLE customer_success.customer_contact ADD COLUMN active boolean;
ALTER TABLE customer_success."user" ADD COLUMN kind text;
-- A copy from before its column was there does not count: it is fetched when a record names it next.
UPDATE customer_success.customer_contact SET revision = 0;
UPDATE customer_success."user" SET revision = 0;
