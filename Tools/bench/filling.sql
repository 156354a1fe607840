-- What every filling of a database begins with. Ids are made in the order of time, as the services make them; what belongs
-- together lies far apart, as it does after years.

SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

-- The id of the nth thing of a kind.
CREATE FUNCTION pg_temp.made(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
        || '8' || substr(md5(kind || '.' || n), 1, 15))::uuid
$$;
-- The domain of the nth customer.
CREATE FUNCTION pg_temp.domain(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '/provider/c' || lpad(n::text, 4, '0') || '/'
$$;
