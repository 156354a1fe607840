-- Scopes with gaps, and customers: of several domains `ale.scope_lower` and `ale.scope_upper` are the hull, which keeps
-- the index useful, and `ale.domains` says which of what lies between is meant. `ale.accounts` adds, for customers, whose
-- records they are: the domain and the account of a row must both be the caller's. For everybody else both are empty, and
-- all that comes to the policy is one look at a setting per statement.

-- The domains a customer may claim where a table does not say whose its rows are: those that are, as far as this schema
-- knows the accounts, the domains of the accounts. Of other callers with several domains, these.
CREATE FUNCTION {schema}.own_domains() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    claimed text[] := coalesce(nullif(current_setting('ale.domains', true), ''), '{}')::text[];
    accounts uuid[] := nullif(current_setting('ale.accounts', true), '')::uuid[];
BEGIN
    IF accounts IS NULL OR to_regclass('{schema}.customer_account') IS NULL THEN
        RETURN claimed;
    END IF;
    RETURN ARRAY(SELECT domain FROM {schema}.customer_account WHERE id = ANY (accounts) AND domain = ANY (claimed));
END
$$;

-- What a table says of the account its rows belong to: the column that names it, NULL when there is none.
CREATE FUNCTION {schema}.account_column(name text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN name = 'customer_account' THEN 'id' ELSE (
        SELECT attname::text FROM pg_attribute
        WHERE attrelid = format('{schema}.%I', name)::regclass AND attname IN ('account', 'company') AND attnum > 0
            AND NOT attisdropped
        ORDER BY attname LIMIT 1) END
$$;

-- The condition on a row's domain and account.
CREATE FUNCTION {schema}.own_rows(name text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    account text := {schema}.account_column(name);
BEGIN
    -- NULL for what is not set, or was set in an earlier transaction of the session: half a scope sees nothing either.
    RETURN $p$domain >= nullif(current_setting('ale.scope_lower', true), '')
        AND domain < nullif(current_setting('ale.scope_upper', true), '')
        AND ((SELECT coalesce(current_setting('ale.domains', true), '') = '') OR $p$ || CASE
        WHEN account IS NULL THEN 'domain ^@ ANY ((SELECT {schema}.own_domains())::text[]))'
        ELSE format($p$domain ^@ ANY (nullif(current_setting('ale.domains', true), '')::text[])
            AND (coalesce(current_setting('ale.accounts', true), '') = ''
                OR %I = ANY (nullif(current_setting('ale.accounts', true), '')::uuid[])))$p$, account) END;
END
$$;

CREATE OR REPLACE FUNCTION {schema}.separate(name text, visibility text DEFAULT 'data') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    own text := {schema}.own_rows(name);
    above text := $p$domain = ANY (coalesce(nullif(current_setting('ale.ancestors', true), ''), '{}')::text[])$p$;
BEGIN
    EXECUTE format('ALTER TABLE {schema}.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.%I TO ale_{schema}', name);
    EXECUTE format('CREATE POLICY own ON {schema}.%I USING (%s) WITH CHECK (%s)', name, own, own);
    IF visibility = 'definition' THEN
        EXECUTE format('CREATE POLICY above ON {schema}.%I FOR SELECT USING (%s)', name, above);
    END IF;
END
$$;

-- What was separated before.
DO $$
DECLARE
    name text;
    own text;
BEGIN
    FOR name IN SELECT tablename FROM pg_policies WHERE schemaname = '{schema}' AND policyname = 'own' LOOP
        own := {schema}.own_rows(name);
        EXECUTE format('ALTER POLICY own ON {schema}.%I USING (%s) WITH CHECK (%s)', name, own, own);
    END LOOP;
END
$$;
