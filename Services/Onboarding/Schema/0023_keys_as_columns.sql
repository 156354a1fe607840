-- Keys that look alike, as columns. Row-level security lets no condition reach an index that calls a function which is not
-- leakproof, so that an index over alike_key(name) was used by nobody it was made for; comparing what a column holds is.

-- Keeps how the texts of a column look, and makes `index` one over that: unique where it was, but for records that look alike
-- already, all but the first of which are left out by their ids and found by an index of their own. The text comes behind the
-- account, for records are also looked for by it alone.
CREATE FUNCTION onboarding.keep_alike(index text, kind text, field text, key text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_unique boolean;
    doubles uuid[];
BEGIN
    SELECT indisunique INTO STRICT is_unique FROM pg_index WHERE indexrelid = format('onboarding.%I', index)::regclass;
    EXECUTE format('DROP INDEX onboarding.%I', index);
    EXECUTE format('ALTER TABLE onboarding.%I ADD COLUMN %I uuid GENERATED ALWAYS AS (onboarding.alike_key(%I)) STORED',
        kind, field || '_alike', field);
    IF NOT is_unique THEN
        EXECUTE format('CREATE INDEX %I ON onboarding.%I (%s)', index, kind, key);
        RETURN;
    END IF;
    EXECUTE format('SELECT array_agg(id) FROM (SELECT id, row_number() OVER (PARTITION BY %s ORDER BY created_at, id) AS place
        FROM onboarding.%I) ranked WHERE place > 1', key, kind) INTO doubles;
    EXECUTE format('CREATE UNIQUE INDEX %I ON onboarding.%I (%s) NULLS NOT DISTINCT', index, kind, key)
        || CASE WHEN doubles IS NULL THEN '' ELSE format(' WHERE id <> ALL (%L::uuid[])', doubles) END;
    IF doubles IS NOT NULL THEN
        EXECUTE format('CREATE INDEX %I ON onboarding.%I (%s)', index || '_all', kind, key);
    END IF;
END $$;
SELECT onboarding.keep_alike('customer_account_alike', 'customer_account', 'name', 'name_alike');
SELECT onboarding.keep_alike('customer_account_number_alike', 'customer_account', 'account_number', 'account_number_alike');
SELECT onboarding.keep_alike('user_email', 'user', 'email', 'email_alike');
SELECT onboarding.keep_alike('customer_contact_account_email', 'customer_contact', 'email', 'account, email_alike');
SELECT onboarding.keep_alike('contract_natural_key', 'contract', 'number', 'account, number_alike');
SELECT onboarding.keep_alike('location_natural_key', 'location', 'name', 'account, name_alike');
SELECT onboarding.keep_alike('sold_product_natural_key', 'sold_product', 'name', 'account, name_alike, contract');
SELECT onboarding.keep_alike('service_entitlement_natural_key', 'service_entitlement', 'name', 'account, name_alike, contract, sold_product');
SELECT onboarding.keep_alike('install_base_item_natural_key', 'install_base_item', 'name', 'account, name_alike, location');
DROP FUNCTION onboarding.keep_alike;
ALTER TABLE onboarding.responsibility_definition
    ADD COLUMN name_alike uuid GENERATED ALWAYS AS (onboarding.alike_key(name)) STORED;
CREATE INDEX responsibility_definition_alike ON onboarding.responsibility_definition (name_alike);
