#!/bin/sh
# migrate.sh    the one-shot container that migrates each service's schema, as the schema's owner.
set -eu
. "$(dirname "$0")/lib.sh"
for service in $SERVICES; do
  role=ale_$(schema_of "$service")_owner
  echo "$service"
  ALE_POSTGRES_USER=$role ALE_POSTGRES_PASSWORD_FILE=/run/ale/$role.password "$service" migrate
done
