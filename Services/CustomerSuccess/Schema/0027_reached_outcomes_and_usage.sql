-- Outcomes know their engagement, from which the plays that they start are launched, and whether they are reached (G-129).
ALTER TABLE customer_success.success_outcome
    ADD COLUMN engagement uuid REFERENCES customer_success.engagement,
    ADD COLUMN reached boolean NOT NULL DEFAULT false;
UPDATE customer_success.success_outcome o SET
    engagement = (SELECT engagement FROM customer_success.success_objective WHERE id = o.success_objective),
    reached = coalesce(
        CASE WHEN o.target_value < coalesce(o.base_value, 0) THEN o.current_value <= o.target_value
        ELSE o.current_value >= o.target_value END, false);
CREATE INDEX success_outcome_engagement ON customer_success.success_outcome (engagement, id);

-- How sold products are used now: the last value of each of their measures. Kept with the measurements.
CREATE TABLE customer_success.product_usage (
    sold_product uuid NOT NULL,
    account uuid,
    engagement uuid REFERENCES customer_success.engagement ON DELETE SET NULL,
    name text NOT NULL,
    value numeric NOT NULL,
    unit text,
    measured_at timestamptz NOT NULL,
    source text NOT NULL
);
SELECT customer_success.make_record('product_usage');
DROP INDEX customer_success.product_usage_sold_product;
CREATE UNIQUE INDEX product_usage_sold_product ON customer_success.product_usage (sold_product, name);
DROP INDEX customer_success.product_usage_engagement;
CREATE INDEX product_usage_engagement ON customer_success.product_usage (engagement, id);
