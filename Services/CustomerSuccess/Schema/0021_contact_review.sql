-- A touchpoint may confirm the responsible contact: closing it reviews the key customer contact of its engagement (F-17).
ALTER TABLE customer_success.touchpoint ADD COLUMN confirms_contact boolean NOT NULL DEFAULT false;
ALTER TABLE customer_success.engagement ADD COLUMN key_contact_reviewed_at timestamptz;
