-- Keys that look alike are alike: one folding, which programs have as `String.alike`.
CREATE FUNCTION onboarding.alike(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
-- The usual text needs no second look.
WHEN value !~ '[^ -~]' AND position('  ' IN value) = 0 THEN lower(btrim(value, ' ') COLLATE "C")
ELSE normalize(translate(lower(btrim(regexp_replace(
    regexp_replace(value, '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\U000E0000-\U000E0FFF]', '', 'g'),
    '[\u0009-\u000D \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u2800\u3000]+', ' ', 'g'), ' ')
    COLLATE "und-x-icu"), 'ς', 'σ'), NFC) COLLATE "C"
END;

-- A number of a text as it looks: texts of any length fit into an index by it.
CREATE FUNCTION onboarding.alike_key(value text) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN md5(onboarding.alike(value))::uuid;

-- Makes a key unique by how it looks. Records that look alike already stay as they are: all but the first of them are
-- left out of the index by their ids.
CREATE FUNCTION onboarding.make_alike(name text, kind regclass, key text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    doubles uuid[];
BEGIN
    EXECUTE format(
        'SELECT array_agg(id) FROM (SELECT id, row_number() OVER (PARTITION BY %s ORDER BY created_at, id) AS place FROM %s) ranked '
        'WHERE place > 1', key, kind) INTO doubles;
    EXECUTE format('CREATE UNIQUE INDEX %I ON %s (%s) NULLS NOT DISTINCT', name, kind, key)
        || CASE WHEN doubles IS NULL THEN '' ELSE format(' WHERE id <> ALL (%L::uuid[])', doubles) END;
END $$;
DROP INDEX onboarding.customer_contact_account_email;
DROP INDEX onboarding.user_email;
ALTER TABLE onboarding.contract DROP CONSTRAINT contract_natural_key;
ALTER TABLE onboarding.location DROP CONSTRAINT location_natural_key;
ALTER TABLE onboarding.sold_product DROP CONSTRAINT sold_product_natural_key;
ALTER TABLE onboarding.service_entitlement DROP CONSTRAINT service_entitlement_natural_key;
ALTER TABLE onboarding.install_base_item DROP CONSTRAINT install_base_item_natural_key;
SELECT onboarding.make_alike('customer_contact_account_email', 'onboarding.customer_contact', 'account, onboarding.alike_key(email)');
SELECT onboarding.make_alike('user_email', 'onboarding.user', 'onboarding.alike_key(email)');
SELECT onboarding.make_alike('contract_natural_key', 'onboarding.contract', 'account, onboarding.alike_key(number)');
SELECT onboarding.make_alike('location_natural_key', 'onboarding.location', 'account, onboarding.alike_key(name)');
SELECT onboarding.make_alike('sold_product_natural_key', 'onboarding.sold_product', 'account, contract, onboarding.alike_key(name)');
SELECT onboarding.make_alike(
    'service_entitlement_natural_key', 'onboarding.service_entitlement', 'account, contract, sold_product, onboarding.alike_key(name)');
SELECT onboarding.make_alike('install_base_item_natural_key', 'onboarding.install_base_item', 'account, location, onboarding.alike_key(name)');
DROP FUNCTION onboarding.make_alike;
-- An address may be the billing address and the shipping address of one account.
ALTER TABLE onboarding.account_address_relationship DROP CONSTRAINT account_address_relationship_natural_key;
ALTER TABLE onboarding.account_address_relationship ADD CONSTRAINT account_address_relationship_natural_key
    UNIQUE NULLS NOT DISTINCT (account, location, address_type);
-- How references are found.
CREATE INDEX customer_account_alike ON onboarding.customer_account (onboarding.alike_key(name));
