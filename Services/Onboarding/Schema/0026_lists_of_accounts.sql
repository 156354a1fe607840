-- What belongs to an account, in the order of its list: for customers it is all they see, and workbooks bring any number
-- of it. Each index takes the place of the one on the account alone.
DO $$
DECLARE item record;
BEGIN
    FOR item IN SELECT * FROM (VALUES
        ('onboarding_case', 'account'), ('lifecycle_task', 'company'), ('contract', 'account'), ('location', 'account'),
        ('sold_product', 'account'), ('service_entitlement', 'account'), ('install_base_item', 'account'),
        ('account_address_relationship', 'account')) AS listed (kind, whose)
    LOOP
        EXECUTE format('DROP INDEX onboarding.%I', item.kind || '_' || item.whose);
        EXECUTE format('CREATE INDEX %I ON onboarding.%I (%I, id)', item.kind || '_' || item.whose, item.kind, item.whose);
    END LOOP;
END
$$;

-- The people of an account are listed by name; this is for lists in no order.
CREATE INDEX customer_contact_account_id ON onboarding.customer_contact (account, id);
