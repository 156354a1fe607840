# shellcheck shell=bash
# The private nats-server with JetStream, and the little of its protocol that a health check needs.

start_nats() {
  local config=$LOCAL/nats/nats.conf
  if pid_of nats >/dev/null; then
    (umask 077; nats_config >"$config.new")
    cmp -s "$config.new" "$config" && { rm "$config.new"; return; }
    mv "$config.new" "$config"
    reload_nats
    return
  fi
  choose_port NATS_PORT
  choose_port NATS_MONITOR_PORT
  (umask 077; nats_config >"$config")
  launch nats '' "$(nats_program)" --config "$config"
  wait_for 60 nats_is_healthy || { tail -n 20 "$LOG/nats.log" >&2; fail "nats-server did not become healthy"; }
}

# Users and permissions may have changed: the server reads them again. Twice, since nats-server 2.9 connects what a new
# account is given (see docs/adr/0018) at the reload after the one that brings it.
reload_nats() {
  local before
  for _ in 1 2; do
    before=$(reloads)
    kill -HUP "$(pid_of nats)"
    wait_for 10 has_reloaded "$before" || { tail -n 5 "$LOG/nats.log" >&2; fail "nats-server did not take its new configuration"; }
  done
}

reloads() { grep -c 'Reloaded server configuration' "$LOG/nats.log" || true; }

has_reloaded() { [ "$(reloads)" -gt "$1" ]; }

nats_program() { type -P nats-server || fail "nats-server is not installed"; }

nats_config() {
  "$ROOT/deploy/nats/config.sh" "$SECRETS" "127.0.0.1:$NATS_PORT" "127.0.0.1:$NATS_MONITOR_PORT" "$LOCAL/nats"
}

nats_is_healthy() {
  local status
  pid_of nats >/dev/null || return 2
  { exec 8<>"/dev/tcp/127.0.0.1/$NATS_MONITOR_PORT"; } 2>/dev/null || return 1
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
