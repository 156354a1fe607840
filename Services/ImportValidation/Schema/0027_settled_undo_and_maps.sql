-- The batch of an undo on its way to the owner: the request as it is sent, and its rows with the reasons for which some are
-- kept that are not sent. After a crash the same bytes are sent again, so that what they did is known; NULL when nothing is on
-- its way.
ALTER TABLE import_validation.publication_undo ADD COLUMN sending bytea;
ALTER TABLE import_validation.publication_undo ADD COLUMN sending_rows jsonb;
ALTER TABLE import_validation.publication_undo ADD CONSTRAINT publication_undo_sending_whole
    CHECK ((sending IS NULL) = (sending_rows IS NULL));

-- The transform map by which a file was read, and which fields of a published row it gave a value that stands in no cell:
-- constants, and defaults of empty cells. Kept for the lineage, which outlives the builder.
ALTER TABLE import_validation.import_source ADD COLUMN map jsonb;
ALTER TABLE import_validation.publication_source ADD COLUMN map jsonb;
ALTER TABLE import_validation.publication_row ADD COLUMN given text[];
