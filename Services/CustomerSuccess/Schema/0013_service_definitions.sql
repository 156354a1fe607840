-- Service definition (G-124).
CREATE TABLE customer_success.service_definition (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    title text NOT NULL,
    case_category text,
    description text,
    active boolean NOT NULL,
    CONSTRAINT service_definition_unique UNIQUE (domain, title)
);
CREATE INDEX service_definition_domain ON customer_success.service_definition (domain, id);
SELECT customer_success.separate('service_definition', 'definition');

-- What cases of before name, nobody could look up: those stay as they are.
ALTER TABLE customer_success.success_case ADD CONSTRAINT success_case_service_definition_fkey
    FOREIGN KEY (service_definition) REFERENCES customer_success.service_definition NOT VALID;
