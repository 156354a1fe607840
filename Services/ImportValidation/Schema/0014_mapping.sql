-- What a person has said of the files of a task, for those to come: sheet, row of the titles, columns (G-57).
CREATE TABLE import_validation.import_mapping (
    import_task uuid PRIMARY KEY REFERENCES import_validation.import_task ON DELETE CASCADE,
    domain text COLLATE "C" NOT NULL,
    mapping jsonb NOT NULL,
    saved_by text NOT NULL,
    saved_at timestamptz NOT NULL
);
SELECT import_validation.separate('import_mapping');
