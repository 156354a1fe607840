-- Runs that judge, plan, publish or take back the rows of a task come one after the other, whatever their kind, so that none
-- works with rows that another is just looking at. Loads go side by side (G-65), until a file turns out to be an error
-- workbook, whose rows are judged anew.
ALTER TABLE import_validation.import_run_work ADD COLUMN mends boolean NOT NULL DEFAULT false;
ALTER TABLE import_validation.import_run_work DROP COLUMN turn;
ALTER TABLE import_validation.import_run_work ADD COLUMN turn text
    GENERATED ALWAYS AS (CASE WHEN kind <> 'load' OR mends THEN import_task::text END) STORED;
CREATE INDEX import_run_work_turn ON import_validation.import_run_work (turn) WHERE turn IS NOT NULL;

-- The rows that an undo is for, by their numbers in the publication, and by what was done with them; NULL for all.
ALTER TABLE import_validation.publication_undo ADD COLUMN chosen bigint[];
ALTER TABLE import_validation.publication_undo ADD COLUMN outcome text COLLATE "C"
    CONSTRAINT publication_undo_outcome_choice CHECK (outcome IN ('insert', 'update', 'unchanged'));
CREATE INDEX publication_row_staging_row ON import_validation.publication_row (publication, staging_row);

-- Plans and publications tell of all rows of a task and of the records that they became: no customer sees any of it.
CREATE POLICY shown ON import_validation.import_plan AS RESTRICTIVE FOR SELECT
    USING ((SELECT coalesce(current_setting('ale.accounts', true), '') = ''));
CREATE POLICY shown ON import_validation.import_plan_row AS RESTRICTIVE FOR SELECT
    USING ((SELECT coalesce(current_setting('ale.accounts', true), '') = ''));
CREATE POLICY shown ON import_validation.publication AS RESTRICTIVE FOR SELECT
    USING ((SELECT coalesce(current_setting('ale.accounts', true), '') = ''));
CREATE POLICY shown ON import_validation.publication_row AS RESTRICTIVE FOR SELECT
    USING ((SELECT coalesce(current_setting('ale.accounts', true), '') = ''));
CREATE POLICY shown ON import_validation.publication_undo AS RESTRICTIVE FOR SELECT
    USING ((SELECT coalesce(current_setting('ale.accounts', true), '') = ''));
CREATE POLICY shown ON import_validation.publication_checks AS RESTRICTIVE FOR SELECT
    USING ((SELECT coalesce(current_setting('ale.accounts', true), '') = ''));
CREATE POLICY shown ON import_validation.publication_source AS RESTRICTIVE FOR SELECT
    USING ((SELECT coalesce(current_setting('ale.accounts', true), '') = ''));
CREATE POLICY shown ON import_validation.import_source AS RESTRICTIVE FOR SELECT
    USING ((SELECT coalesce(current_setting('ale.accounts', true), '') = ''));
