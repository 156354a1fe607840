#!/usr/bin/env bash
# stack.sh start|stop|status|migrate|clean    the local stack: Postgres, nats-server, a mail catcher, the five services, the pages.
#
# All of it lives under .local, on free loopback ports chosen once:
#   .local/ports  .local/secrets/  .local/keys/  .local/env/<service>.env  .local/log/<service>.log  .local/run/
# For root, Postgres runs as the user `ale-local`; where that user cannot reach the checkout, the cluster is kept in
# /var/lib/ale-local (.local/postgres.path says where). ALE_BIN names another folder of programs, ALE_LOCAL another place.
# ALE_STACK_SERVERS=3 and ALE_STACK_INSTANCES=2, given to each command, make it a cluster (deploy/README.md).
set -euo pipefail
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
for part in common postgres nats services; do
  # shellcheck source=/dev/null
  . "$tools/stack/$part.sh"
done

# Root uses a stack that belongs to a person as that person: files of two owners would lock the person out.
if [ "$EUID" -eq 0 ] && [ -d "$LOCAL" ] && [ "$(stat -c %u "$LOCAL")" -ne 0 ] && owner=$(getent passwd "$(stat -c %u "$LOCAL")"); then
  IFS=: read -r name _ uid gid _ home _ <<<"$owner"
  exec setpriv --reuid="$uid" --regid="$gid" --init-groups env HOME="$home" USER="$name" "$0" "$@"
fi

start() {
  local service
  require_programs
  prepare_folders
  lock
  find_cluster
  load_ports || { echo "  The ports in $PORTS are lost: what runs is stopped, and starts on others."; stop_everything; }
  step "Postgres" start_postgres
  step "nats-server" start_nats
  step "mail catcher" start_mail
  step "database, roles and schemas" make_database
  write_all_settings
  step "signing keys" make_keys
  step "migrations" migrate_all
  step "first administrator" make_administrator
  step "start of the services" start_services
  for service in $(all_instances) workspace; do step "$service" await_service "$service"; done
  printf '  Postgres 127.0.0.1:%s, NATS %s, mail in %s\n  Pages: %s\n' \
    "$POSTGRES_PORT" "$(nats_url)" "$MAIL" "$(workspace_url)"
}

stop() {
  [ -d "$LOCAL/run" ] || { echo "  There is no stack here."; return; }
  lock
  find_cluster
  load_ports || true
  stop_everything
}

# In the reverse order of dependency.
stop_everything() {
  local name pids=()
  for name in workspace $(all_instances); do stop_process "$name" 20 & pids+=($!); done
  step "services" wait "${pids[@]}"
  step "mail catcher" stop_process mail 5
  for name in $(nats_servers); do step "$name" stop_process "$name" 20; done
  step "Postgres" stop_postgres
}

# Ends with 0 when everything runs.
status() {
  local name pid port code=0
  [ -d "$LOCAL/run" ] || { echo "  There is no stack here."; return 3; }
  load_ports || true
  find_cluster
  if [ -d "$PG_HOME" ] && postgres_is_running; then printf '  %-20s running on 127.0.0.1:%s\n' postgres "$POSTGRES_PORT"
  else printf '  %-20s stopped\n' postgres; code=3; fi
  for name in $(nats_servers) mail $(all_instances) workspace; do
    if ! pid=$(pid_of "$name"); then printf '  %-20s stopped\n' "$name"; code=3; continue; fi
    printf '  %-20s running, process %s, %s MB' "$name" "$pid" "$(awk '/^VmRSS/ { printf "%d", $2 / 1024 }' "/proc/$pid/status")"
    case $name in
      nats*) port=$(port_of PORT "$name"); printf ', on nats://127.0.0.1:%s\n' "${!port}" ;;
      workspace) printf ', on %s' "$(workspace_url)"; if workspace_answers; then echo ', answers'; else echo ', does not answer'; code=3; fi ;;
      mail) printf ', on 127.0.0.1:%s, into %s\n' "$SMTP_PORT" "$MAIL" ;;
      *) if answers "$(service_of "$name")"; then echo ', answers'; else echo ', does not answer'; code=3; fi ;;
    esac
  done
  return $code
}

migrate() {
  require_programs
  prepare_folders
  lock
  find_cluster
  load_ports || stop_everything
  step "Postgres" start_postgres
  step "database, roles and schemas" make_database
  write_all_settings
  step "migrations" migrate_all
}

# Everything but the Python environment and the numbers of the ports.
clean() {
  stop
  [ -d "$LOCAL" ] || return 0
  find_cluster
  rm -rf "$PG_HOME" "$LOCAL/postgres.path" "$RUN" "$LOG" "$SECRETS" "$KEYS" "$ENVIRONMENT" "$MAIL" "$LOCAL/files" \
    "$LOCAL"/nats* "$LOCAL/tokens"
}

case ${1:-} in
  start | stop | status | migrate | clean) "$1" ;;
  *) sed -n 2p "$0" >&2; exit 2 ;;
esac
