-- What was measured of outcomes and of the use of sold products (G-129): written many at a time, kept as history. Rows are
-- never changed. Each of the two unique indexes also serves the history of its subject, newest first.
CREATE TABLE customer_success.measurement (
    success_outcome uuid REFERENCES customer_success.success_outcome ON DELETE CASCADE,
    sold_product uuid,
    account uuid,
    name text,
    value numeric NOT NULL CONSTRAINT measurement_value CHECK (value NOT IN ('NaN', 'Infinity', '-Infinity')),
    unit text,
    measured_at timestamptz NOT NULL,
    source text NOT NULL,
    CONSTRAINT measurement_subject CHECK ((success_outcome IS NULL) <> (sold_product IS NULL)),
    CONSTRAINT measurement_name CHECK (sold_product IS NULL OR name IS NOT NULL)
);
SELECT customer_success.make_record('measurement');

DROP INDEX customer_success.measurement_success_outcome;
CREATE UNIQUE INDEX measurement_success_outcome ON customer_success.measurement
    (success_outcome, measured_at, source) WHERE success_outcome IS NOT NULL;
DROP INDEX customer_success.measurement_sold_product;
CREATE UNIQUE INDEX measurement_sold_product ON customer_success.measurement
    (sold_product, name, measured_at, source) WHERE sold_product IS NOT NULL;
DROP INDEX customer_success.measurement_account;
CREATE INDEX measurement_account ON customer_success.measurement (account, id);
