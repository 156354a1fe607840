#!/usr/bin/env bash
# system.sh add NAME [--domain PATH]… [--json] | remove NAME | list    outside systems of the local stack.
#
#     Tools/system.sh add crm --domain /provider/d0000001/ --json
#
# The server takes the change at once, without a restart; who was removed is disconnected. See docs/outside-systems.md.
set -euo pipefail
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
for part in common nats; do
  # shellcheck source=/dev/null
  . "$tools/stack/$part.sh"
done
[ -d "$SECRETS" ] || fail "there is no stack in $LOCAL: start it with \`make run\`"
lock
load_ports
# Of a cluster all servers are told, however this was called.
servers=("$RUN"/nats*.pid)
[ ! -e "${servers[0]}" ] || SERVERS=${#servers[@]}
"$ROOT/deploy/nats/system.sh" "$SECRETS" "$@"
[ "${1:-}" = list ] || ! pid_of nats >/dev/null || start_nats
