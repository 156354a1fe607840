-- Data validation assist.
CREATE TABLE import_validation.data_validation_assist (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    validation_type text NOT NULL
        CONSTRAINT data_validation_assist_validation_type_choice CHECK (validation_type IN ('field', 'record')),
    validation_sub_type text
        CONSTRAINT data_validation_assist_validation_sub_type_choice CHECK (validation_sub_type IN ('reference', 'choice', 'date', 'datetime', 'boolean', 'string_limit', 'integer_or_decimal')),
    reference_table text,
    reference_table_field text,
    target_table text,
    target_table_field text,
    staging_table text NOT NULL,
    staging_table_field text,
    date_format text,
    datetime_format text,
    max_length integer,
    mandatory boolean,
    script text,
    name text,
    active boolean,
    "order" integer
);
CREATE INDEX data_validation_assist_domain ON import_validation.data_validation_assist (domain, id);
SELECT import_validation.separate('data_validation_assist', 'definition');
