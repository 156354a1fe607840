-- Whoever reads of a run reads its message in their own language.
ALTER TABLE import_validation.import_run
    ADD COLUMN message_en text,
    ADD COLUMN message_ko text;
