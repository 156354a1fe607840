# shellcheck shell=bash
# The private nats-servers with JetStream, one or a cluster, and the little of their protocol that a health check needs.
# The first is `nats`, in .local/nats; the others are `nats-2` and so on.

nats_servers() {
  local server
  echo nats
  for ((server = 2; server <= SERVERS; server++)); do echo "nats-$server"; done
}

# port_of KIND NAME: the name of the variable that holds a port (PORT, MONITOR_PORT, ROUTE_PORT) of a server.
port_of() { [ "$2" = nats ] && echo "NATS_$1" || echo "NATS_$1_${2#nats-}"; }

nats_url() {
  local name port urls=()
  for name in $(nats_servers); do port=$(port_of PORT "$name"); urls+=("nats://127.0.0.1:${!port}"); done
  (IFS=,; printf '%s' "${urls[*]}")
}

# All are started before the first is waited for: a cluster is healthy when most of it is there.
start_nats() {
  local name kind
  for name in $(nats_servers); do
    pid_of "$name" >/dev/null && continue
    for kind in PORT MONITOR_PORT $([ "$SERVERS" -eq 1 ] || echo ROUTE_PORT); do choose_port "$(port_of "$kind" "$name")"; done
  done
  for name in $(nats_servers); do start_nats_server "$name"; done
  for name in $(nats_servers); do
    wait_for 240 nats_is_healthy "$name" ||
      { tail -n 20 "$LOG/$name.log" >&2; fail "$name did not become healthy"; }
  done
}

start_nats_server() {
  local name=$1 pid config=$LOCAL/$1/nats.conf
  (umask 077; mkdir -p "$LOCAL/$name"; nats_config "$name" >"$config.new")
  if ! pid=$(pid_of "$name"); then
    mv "$config.new" "$config"
    launch "$name" '' "$(nats_program)" --config "$config"
    return
  fi
  record_process "$name" "$pid"
  if cmp -s "$config.new" "$config"; then rm "$config.new"; return; fi
  mv "$config.new" "$config"
  reload_nats "$name" "$pid"
}

# reload_nats NAME PID: users and permissions may have changed, and the server reads them again. Twice, since nats-server
# 2.9 connects what a new account is given (see docs/adr/0018) at the reload after the one that brings it.
reload_nats() {
  local before
  for _ in 1 2; do
    before=$(reloads "$1")
    kill -HUP "$2"
    wait_for 10 has_reloaded "$1" "$before" || { tail -n 5 "$LOG/$1.log" >&2; fail "$1 did not take its new configuration"; }
  done
}

reloads() { grep -c 'Reloaded server configuration' "$LOG/$1.log" || true; }

has_reloaded() { [ "$(reloads "$1")" -gt "$2" ]; }

nats_program() { type -P nats-server || fail "nats-server is not installed"; }

nats_config() {
  local name=$1 port monitor route other routes=()
  port=$(port_of PORT "$name") monitor=$(port_of MONITOR_PORT "$name")
  if [ "$SERVERS" -gt 1 ]; then
    for other in $(nats_servers); do route=$(port_of ROUTE_PORT "$other"); routes+=("127.0.0.1:${!route}"); done
    route=$(port_of ROUTE_PORT "$name")
    routes=("$name" "127.0.0.1:${!route}" "${routes[@]}")
  fi
  "$ROOT/deploy/nats/config.sh" "$SECRETS" "127.0.0.1:${!port}" "127.0.0.1:${!monitor}" "$LOCAL/$name" "${routes[@]}"
}

nats_is_healthy() {
  local status port
  port=$(port_of MONITOR_PORT "$1")
  pid_of "$1" >/dev/null || return 2
  { exec 8<>"/dev/tcp/127.0.0.1/${!port}"; } 2>/dev/null || return 1
  printf 'GET /healthz HTTP/1.0\r\n\r\n' >&8
  IFS= read -r -t 2 -u 8 status || status=
  exec 8>&-
  [[ $status == *' 200 '* ]]
}

# answers SERVICE: does an instance answer `$SRV.PING.<service>`?
answers() {
  local line answered=1 inbox="_INBOX.admin.$RANDOM$RANDOM" password
  password=$(cat "$SECRETS/nats-admin.password")
  { exec 8<>"/dev/tcp/127.0.0.1/$NATS_PORT"; } 2>/dev/null || return 1
  printf '%s\r\n' \
    'CONNECT {"verbose":false,"headers":true,"no_responders":true,"protocol":1,"lang":"bash","version":"1","user":"admin","pass":"'"$password"'"}' \
    "SUB $inbox 1" "PUB \$SRV.PING.$1 $inbox 0" '' >&8
  while IFS= read -r -t 2 -u 8 line; do
    case $line in MSG*) answered=0; break ;; HMSG* | -ERR*) break ;; esac
  done
  exec 8>&-
  return $answered
}
