#!/bin/sh
# roles.sh SECRETS    prints the SQL that makes (or mends) every role and schema of the database `ale`.
# Run its output as the superuser in that database; running it again changes nothing but rotated passwords.
#
# Per service: ale_<schema>_owner owns the schema and runs its migrations; ale_<schema> is what the service connects
# as: it owns nothing, cannot bypass row-level security, and reaches no other schema. What it may do to a table is
# granted by the migration that makes the table.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib.sh"
secrets=$1

cat <<'EOF'
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
BEGIN;
DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('ale.roles')); END $$;
REVOKE ALL ON DATABASE ale FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
EOF

for service in $SERVICES; do
  schema=$(schema_of "$service")
  for role in "ale_$schema" "ale_${schema}_owner"; do
    cat <<EOF
DO \$\$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$role') THEN CREATE ROLE $role; END IF;
END \$\$;
ALTER ROLE $role LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT
  PASSWORD '$(cat "$secrets/postgres-$role.password")';
ALTER ROLE $role SET search_path = $schema;
GRANT CONNECT ON DATABASE ale TO $role;
EOF
  done
  cat <<EOF
ALTER ROLE ale_$schema SET idle_in_transaction_session_timeout = '60s';
CREATE SCHEMA IF NOT EXISTS $schema;
ALTER SCHEMA $schema OWNER TO ale_${schema}_owner;
GRANT USAGE ON SCHEMA $schema TO ale_$schema;
EOF
done
echo 'COMMIT;'
