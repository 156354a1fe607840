#!/bin/sh
# init.sh [system …]    the one-shot container that fills the volumes before anything else starts. Running it again changes nothing
# but what follows from a newer version: secrets and keys that exist are kept. With `system` it first lets an outside
# system in, or takes one away (see nats/system.sh); the nats container must then be told to reload, twice.
#
# /config/secrets is mounted here only. /config/<container> is that container's own volume, mounted there read-only as
# /run/ale: each sees its own passwords and nobody else's.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
config=/config secrets=/config/secrets
ale=10001        # the user of the services' image, of nats and of the mail catcher
postgres=999     # the user of the postgres image

# give VOLUME USER: prepares a volume; give VOLUME USER FILE NAME: puts a file into it, for that user alone.
give() {
  if [ $# -eq 2 ]; then chown "$2:$2" "$config/$1"; chmod 700 "$config/$1"; return; fi
  install -m 400 -o "$2" -g "$2" "$3" "$config/$1/$4"
}

make_secrets "$secrets"
if [ "${1:-}" = system ]; then
  shift
  "$here/nats/system.sh" "$secrets" "$@"
fi
if [ ! -s "$secrets/keys/jwks.json" ]; then
  rm -rf "$secrets/keys" "$secrets/keys.new"
  mkdir "$secrets/keys.new"
  onboarding keys init --directory "$secrets/keys.new"
  mv "$secrets/keys.new" "$secrets/keys"
fi

for service in $SERVICES; do
  role=ale_$(schema_of "$service")
  give "$service" $ale
  give "$service" $ale "$secrets/nats-$service.password" nats.password
  give "$service" $ale "$secrets/postgres-$role.password" postgres.password
  give "$service" $ale "$secrets/keys/jwks.json" jwks.json
  give "$service" $ale "$secrets/keys/$service.key" service.key
  give migrate $ale "$secrets/postgres-${role}_owner.password" "${role}_owner.password"
done
give migrate $ale

give workspace $ale
give workspace $ale "$secrets/nats-workspace.password" nats.password

# Put in its place at once: onboarding reads it while it runs.
give onboarding $ale "$secrets/nats-events.password" events.password
give onboarding $ale "$secrets/systems.tsv" systems.tsv.new
mv "$config/onboarding/systems.tsv.new" "$config/onboarding/systems.tsv"

"$here/nats/config.sh" "$secrets" 0.0.0.0:4222 127.0.0.1:8222 /data >"$secrets/nats.conf"
give nats $ale
give nats $ale "$secrets/nats.conf" nats.conf
give nats-data $ale

"$here/postgres/roles.sh" "$secrets" >"$secrets/roles.sql"
give postgres $postgres
give postgres $postgres "$secrets/roles.sql" roles.sql
give postgres $postgres "$secrets/postgres-postgres.password" postgres.password

give client $ale
give client $ale "$secrets/nats-client.password" nats.password
give client $ale "$secrets/keys/operator.key" operator.key
give client $ale "$secrets/postgres-ale_onboarding.password" postgres.password
give operator $ale
give operator $ale "$secrets/keys/operator.key" operator.key
give operator $ale "$secrets/postgres-ale_onboarding.password" postgres.password
echo "secrets, keys and settings are in place"
