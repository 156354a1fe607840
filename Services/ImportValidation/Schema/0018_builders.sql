-- The import builder: its record, and what its steps have produced beside it. A staging table is a name over the one table
-- of staged rows. See docs/adr/0031-a-staging-table-is-a-name.md.
CREATE TABLE import_validation.import_builder (
    name text NOT NULL,
    target_table text NOT NULL,
    template text,
    import_set_table_name text,
    transform_map_name text,
    data_source text,
    import_set_table text,
    ui_views text,
    activity_definition text,
    step text NOT NULL
        CONSTRAINT import_builder_step_choice CHECK (step IN ('create_template', 'data_source', 'transform_map', 'data_validation', 'playbook_activity', 'complete')),
    fingerprint text
);
SELECT import_validation.make_record('import_builder', visibility => 'definition');
-- By which an import task finds the builder of its source table.
CREATE UNIQUE INDEX import_builder_import_set_table ON import_validation.import_builder (import_set_table, domain);

-- `parts` is the protobuf of ale.import_validation.v1.BuilderState, without the record and its checks.
CREATE TABLE import_validation.import_builder_parts (
    import_builder uuid PRIMARY KEY REFERENCES import_validation.import_builder ON DELETE CASCADE,
    domain text COLLATE "C" NOT NULL,
    template bytea,
    parts bytea NOT NULL
);
SELECT import_validation.separate('import_builder_parts', 'definition');

-- Who names a staging table as the source of a task keeps its builder from being deleted.
CREATE INDEX import_task_source_table ON import_validation.import_task (source_table);

-- What the file has in the cells that a transform map has made others of.
ALTER TABLE import_validation.staging_row ADD COLUMN origins jsonb;
