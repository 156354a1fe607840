# shellcheck shell=bash disable=SC2034  # sourced: the caller uses the names
# Folders, ports, waiting, and processes known by more than their number.
#
# Whoever starts or stops the stack may be killed at any moment, so that every file below appears whole, by a rename, and
# one that is not whole all the same counts as none.

PATH=$PATH:/usr/sbin:/sbin   # an ordinary user's may lack them
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
LOCAL=${ALE_LOCAL:-$ROOT/.local}
BIN=${ALE_BIN:-$ROOT/.build/release}
RUN=$LOCAL/run LOG=$LOCAL/log SECRETS=$LOCAL/secrets KEYS=$LOCAL/keys ENVIRONMENT=$LOCAL/env MAIL=$LOCAL/mail TOKENS=$LOCAL/tokens
PORTS=$LOCAL/ports
ADMINISTRATOR=administrator@provider.example
# A cluster: so many nats-servers, each with a copy of the stream, and so many instances of each service.
SERVERS=${ALE_STACK_SERVERS:-1} INSTANCES=${ALE_STACK_INSTANCES:-1}
NATS_PORT='' NATS_MONITOR_PORT='' POSTGRES_PORT='' SMTP_PORT='' WORKSPACE_PORT=''
# shellcheck source=deploy/lib.sh
. "$ROOT/deploy/lib.sh"

fail() { printf '\nstack: %s\n' "$*" >&2; exit 1; }

# step TEXT COMMAND…: one line with the time it took.
step() {
  local text=$1 begin=$EPOCHREALTIME; shift
  printf '  %-36s' "$text"
  "$@"
  awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf " %6.1f s\n", b - a }'
}

# wait_for SECONDS COMMAND…: until the command succeeds, a dot a second; fails when the time is over.
# A command that returns 2 says that waiting is of no use.
wait_for() {
  local deadline=$((SECONDS + $1)) dots=$SECONDS code; shift
  while true; do
    code=0; "$@" || code=$?
    [ "$code" -eq 0 ] && return 0
    [ "$code" -eq 2 ] && return 2
    [ "$SECONDS" -lt "$deadline" ] || return 1
    if [ "$SECONDS" -gt "$dots" ]; then dots=$SECONDS; printf .; fi
    sleep 0.02
  done
}

# Folders only the owner may enter, but for .local itself: Postgres may run as another user.
prepare_folders() {
  local folders=("$RUN" "$LOG" "$SECRETS" "$KEYS" "$ENVIRONMENT" "$MAIL" "$TOKENS" "$LOCAL/files" "$LOCAL/nats")
  mkdir -p "$LOCAL" 2>/dev/null || true
  [ -w "$LOCAL" ] || fail "$LOCAL belongs to $(stat -c %U "$LOCAL" 2>/dev/null || echo somebody else): run this as that user."
  chmod 755 "$LOCAL"
  mkdir -p "${folders[@]}"
  chmod 700 "${folders[@]}"
  make_secrets "$SECRETS"
}

# One command at a time; the servers started below do not inherit the lock.
lock() {
  exec 9>"$LOCAL/lock"
  flock -n 9 || { echo "Another stack command is at work; waiting for it."; flock -w 600 9 || fail "it did not end."; }
}

# Ports -----------------------------------------------------------------------------------------------------------

# Does anything listen (state 0A) on this port?
port_is_taken() {
  grep -qiE "^ *[0-9]+: [0-9A-F]+:$(printf '%04X' "$1") [0-9A-F]+:[0-9A-F]+ 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# Below the range from which the kernel takes the ports of outgoing connections.
free_port() {
  local port name
  for _ in {1..1000}; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    case " $(for name in $(port_names); do printf '%s ' "${!name}"; done)" in *" $port "*) continue ;; esac
    port_is_taken "$port" || { echo "$port"; return; }
  done
  fail "no free port on this machine"
}

port_names() {
  local server
  echo NATS_PORT NATS_MONITOR_PORT POSTGRES_PORT SMTP_PORT WORKSPACE_PORT
  [ "$SERVERS" -eq 1 ] || echo NATS_ROUTE_PORT
  for ((server = 2; server <= SERVERS; server++)); do
    echo "NATS_PORT_$server NATS_MONITOR_PORT_$server NATS_ROUTE_PORT_$server"
  done
}

# Fails when the file is not whole: what runs is then on ports that nobody knows.
load_ports() {
  local name value known=' '
  for name in $(port_names); do declare -g "$name="; done
  [ -f "$PORTS" ] || return 0
  # A line without its end is not read.
  while IFS='=' read -r name value; do
    [[ $name =~ ^[A-Z0-9_]+_PORT(_[0-9])?$ && $value =~ ^[0-9]*$ ]] || continue
    declare -g "$name=$value"
    known+="$name "
  done <"$PORTS"
  for name in NATS_PORT NATS_MONITOR_PORT POSTGRES_PORT SMTP_PORT; do
    [[ $known == *" $name "* ]] || return 1
  done
}

# choose_port NAME: keeps the stored port while it is free, so that addresses last.
choose_port() {
  local -n port=$1
  local name
  [ -n "$port" ] && ! port_is_taken "$port" && return
  port=$(free_port)
  for name in $(port_names); do printf '%s=%s\n' "$name" "${!name}"; done >"$PORTS.new"
  mv "$PORTS.new" "$PORTS"
}

# Processes -------------------------------------------------------------------------------------------------------
# A pid file holds the number, the start time and the program: a number used again is never taken for ours.

process_identity() {
  local stat program
  program=$(readlink "/proc/$1/exe" 2>/dev/null) || return 1
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  set -- "${stat##*) }"
  # shellcheck disable=SC2086  # the fields after the name: the 20th is the start time
  set -- $1
  printf '%s\n%s\n' "${20}" "${program% (deleted)}"
}

# pid_of NAME: the number of the running process; fails when it runs no more.
pid_of() {
  local known=() identity
  [ ! -f "$RUN/$1.pid" ] || mapfile -t known <"$RUN/$1.pid"
  if [[ ${known[0]:-} =~ ^[1-9][0-9]{0,8}$ ]] && identity=$(process_identity "${known[0]}") &&
    [ "$identity" = "${known[1]:-}"$'\n'"${known[2]:-}" ]; then
    printf '%s\n' "${known[0]}"
    return
  fi
  find_process "$1"
}

# Who started it may have been killed before the pid file was written. `launch` leaves a mark in the environment, which
# children inherit; the process itself leads its session.
find_process() {
  local place stat
  while read -r place; do
    stat=$(cat "${place%/environ}/stat" 2>/dev/null) || continue
    # shellcheck disable=SC2086  # the fields after the name: the fourth is the session
    set -- ${stat##*) }
    [ "${stat%% *}" = "$4" ] || continue
    printf '%s\n' "${stat%% *}"
    return
  done < <(grep -lzxF "STACK_PROCESS=$RUN/$1" /proc/[0-9]*/environ 2>/dev/null)
  return 1
}

# Whatever the caller had open beyond the standard three: a server that kept it would keep the caller waiting.
close_inherited() {
  local descriptor
  for descriptor in /proc/self/fd/*; do
    descriptor=${descriptor##*/}
    [ "$descriptor" -le 2 ] || [ "$descriptor" -eq 255 ] || eval "exec $descriptor>&-"
  done
}

# launch NAME ENVIRONMENT-FILE COMMAND…: in a session of its own, with nothing of the caller's environment.
launch() {
  local name=$1 environment=$2 pid log=$LOG/$1.log before; shift 2
  [ "$(stat -c %s "$log" 2>/dev/null || echo 0)" -lt 20000000 ] || mv "$log" "$log.1"
  before=$(stat -c %s "$log" 2>/dev/null || echo 0)
  (
    cd "$ROOT" || exit 1
    local settings=()
    [ -z "$environment" ] || mapfile -t settings < <(set -a; eval "$(cat "$environment")"; env | grep '^ALE_')
    close_inherited
    exec setsid env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="${HOME:-/}" LANG=C.UTF-8 STACK_PROCESS="$RUN/$name" \
      "${settings[@]}" "$@"
  ) </dev/null >>"$log" 2>&1 9>&- &
  pid=$!
  # The program is known once `setsid` and `env` have given way to it.
  wait_for 10 has_become "$pid" "$(readlink -f "$(type -P "$1")")" || {
    printf '\n' >&2
    tail -c +$((before + 1)) "$log" | tail -n 20 >&2
    fail "$name ended at once (log: $log)"
  }
  record_process "$name" "$pid" || fail "$name ended at once (log: $log)"
}

record_process() {
  { printf '%s\n' "$2"; process_identity "$2"; } >"$RUN/$1.pid.new" && mv "$RUN/$1.pid.new" "$RUN/$1.pid"
}

has_become() {
  local program
  program=$(readlink "/proc/$1/exe" 2>/dev/null) || return 2
  [ "$program" = "$2" ] && return 0
  case $program in */bash | */env | */setsid) return 1 ;; esac  # not yet
  return 0                                                     # an interpreter runs the script
}

# stop_process NAME SECONDS: asks to end, waits for the end, then insists.
stop_process() {
  local name=$1 pid
  if pid=$(pid_of "$name"); then
    kill -TERM "$pid" 2>/dev/null || true
    if ! wait_for "$2" is_gone "$name"; then
      printf ' (did not end in %s s: killed)' "$2"
      kill -KILL "$pid" 2>/dev/null || true
      wait_for 5 is_gone "$name" || fail "$name ($pid) cannot be ended"
    fi
  fi
  rm -f "$RUN/$name.pid" "$RUN/$name.ready"
}

is_gone() { ! pid_of "$1" >/dev/null; }
