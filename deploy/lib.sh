# shellcheck shell=sh disable=SC2034  # sourced: the caller uses the names
# What the local stack and the containers have in common: the services, and the names that follow from them.

SERVICES="onboarding import-validation customer-success play-launcher notifier"

# The Postgres schema of a service; its roles are ale_<schema> (login) and ale_<schema>_owner (migrations).
schema_of() { printf '%s' "$1" | tr - _; }

# make_secret FILE: 192 random bits as hex, readable by the caller alone. A file that exists is kept, unless it is the
# beginning of one: that is said, since what has the old password has to be told the new one.
make_secret() {
  if [ -e "$1" ]; then
    ! is_half_written "$1" && return 0
    echo "The password in $1 was only half there: a new one is made." >&2
  fi
  (umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$1.new" && mv "$1.new" "$1")
}

# A password of somebody's own choice is never taken for a part of one of ours.
is_half_written() {
  set -- "$(cat "$1")"
  case $1 in *[!0-9a-f]*) return 1 ;; esac
  [ "${#1}" -lt 48 ]
}

# make_secrets DIRECTORY: one password per NATS user and per Postgres role, and the list of outside systems.
make_secrets() {
  [ -f "$1/systems.tsv" ] || (umask 077 && : >"$1/systems.tsv")
  for name in admin client events route workspace $SERVICES; do make_secret "$1/nats-$name.password"; done
  make_secret "$1/postgres-postgres.password"
  for name in $SERVICES; do
    make_secret "$1/postgres-ale_$(schema_of "$name").password"
    make_secret "$1/postgres-ale_$(schema_of "$name")_owner.password"
  done
}

# systems DIRECTORY: the outside systems, `name domain form` on each line; `-` stands for no domain. See nats/system.sh.
systems() { [ ! -f "$1/systems.tsv" ] || tr '\t' ' ' <"$1/systems.tsv"; }

# durable_of NAME DOMAIN: the consumer that gives a system the events of a domain. /provider/d0000001/ is the token
# provider_d0000001 in subjects, and / is _.
durable_of() { printf 'system-%s_%s' "$1" "$(token_of "$2")"; }

token_of() {
  [ "$1" != / ] || { printf _; return; }
  printf '%s' "$1" | sed 's|^/||; s|/$||; s|/|_|g'
}
