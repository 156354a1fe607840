-- What a file says against single cells of a row, such as an error of a formula: kept until a person corrects the cell.
ALTER TABLE import_validation.staging_row ADD COLUMN faults jsonb;
-- A number that rows of one natural key share; empty when the row names no key.
ALTER TABLE import_validation.staging_row ADD COLUMN natural_key bigint;
-- What the person said of the files: encoding, sheet, row of the titles.
ALTER TABLE import_validation.import_run_work ADD COLUMN options jsonb;
