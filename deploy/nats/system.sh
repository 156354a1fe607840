#!/bin/sh
# system.sh SECRETS add NAME [--domain PATH]… [--json]    lets an outside system in, or changes what it may see
# system.sh SECRETS remove NAME                           takes it away
# system.sh SECRETS list                                  says who may see what
# A system is a NATS user in an account of its own: requests, its inbox _INBOX.NAME, and the events of its domains,
# protobuf or JSON. SECRETS gets nats-NAME.password and a line in systems.tsv for each domain. Whoever calls this writes
# the configuration anew (config.sh) and reloads the server; Tools/system.sh and init.sh do.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib.sh"
secrets=$1 verb=${2:-} name=${3:-}
table=$secrets/systems.tsv

fail() { printf 'system: %s\n' "$*" >&2; exit 2; }

usage() { sed -n '2,4p' "$0" | cut -c 3- >&2; exit 2; }

matches() { printf '%s\n' "$1" | grep -qE "$2"; }

check_name() {
  matches "$1" '^[a-z][a-z0-9-]{0,31}$' || fail "a name is 1 to 32 of a-z, 0-9 and -, and begins with a letter: $1"
  for taken in admin client events workspace $SERVICES; do
    [ "$1" != "$taken" ] || fail "$1 is a user of the product itself: choose another name."
  done
}

# replace FILE: the new rows of NAME, on the standard input, in the place of the old ones.
replace() {
  { [ ! -f "$table" ] || awk -F '\t' -v name="$name" '$1 != name' "$table"; cat; } >"$table.new"
  mv "$table.new" "$table"
}

add() {
  check_name "$name"
  shift 3
  domains='' form=protobuf
  while [ $# -gt 0 ]; do
    case $1 in
      --domain)
        [ $# -gt 1 ] || usage
        matches "$2" '^/([a-z0-9-]{1,32}/)*$' || fail "a domain is a path such as /provider/d0000001/: $2"
        domains="$domains $2"; shift 2 ;;
      --json) form=json; shift ;;
      *) usage ;;
    esac
  done
  for domain in ${domains:--}; do
    if [ "$domain" = - ]; then printf '%s\t-\t-\n' "$name"; else printf '%s\t%s\t%s\n' "$name" "$domain" "$form"; fi
  done | sort -u | replace
  make_secret "$secrets/nats-$name.password"
  printf 'NATS user %s, inbox _INBOX.%s, password in %s\n' "$name" "$name" "$secrets/nats-$name.password"
  for domain in $domains; do
    printf 'events of %s: stream ALE_EVENTS, durable consumer %s, %s\n' "$domain" "$(durable_of "$name" "$domain")" "$form"
  done
}

remove() {
  check_name "$name"
  systems "$secrets" | grep -q "^$name " || fail "there is no system $name."
  replace </dev/null
  rm -f "$secrets/nats-$name.password"
}

case $verb in
  add | remove) [ -n "$name" ] || usage; "$verb" "$@" ;;
  list) systems "$secrets" ;;
  *) usage ;;
esac
