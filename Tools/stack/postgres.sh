# shellcheck shell=bash
# The private Postgres cluster. The server refuses to run as root: for root it runs as another user, in a folder that
# user can reach.

PG_HOME='' PG_BIN='' PG_RUNS_AS=''

# Where the cluster is, and as whom it runs. The place is chosen once.
find_cluster() {
  PG_BIN=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
  [ -n "$PG_BIN" ] || fail "Postgres is not installed: run Tools/bootstrap.sh"
  PG_HOME=$(cat "$LOCAL/postgres.path" 2>/dev/null || echo "$LOCAL/postgres")
  PG_RUNS_AS=$(id -un)
  [ "$EUID" -eq 0 ] || return 0
  PG_RUNS_AS=ale-local
  [ -d "$PG_HOME" ] && { PG_RUNS_AS=$(stat -c %U "$PG_HOME"); return 0; }
  id "$PG_RUNS_AS" >/dev/null 2>&1 ||
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$PG_RUNS_AS"
  as_postgres test -x "$LOCAL" || PG_HOME=/var/lib/ale-local/$(printf '%s' "$LOCAL" | sha256sum | head -c 16)
}

make_cluster_folder() {
  [ -f "$LOCAL/postgres.path" ] && [ -d "$PG_HOME" ] && return
  # Left behind by a checkout whose .local was removed: nobody has its passwords any more.
  case $PG_HOME in /var/lib/ale-local/*) stop_postgres; rm -rf "$PG_HOME" ;; esac
  mkdir -p "${PG_HOME%/*}"
  if [ "$EUID" -eq 0 ]; then install -d -m 700 -o "$PG_RUNS_AS" -g "$PG_RUNS_AS" "$PG_HOME"; else (umask 077; mkdir -p "$PG_HOME"); fi
  printf '%s\n' "$PG_HOME" >"$LOCAL/postgres.path"
}

as_postgres() {
  local command=(env -i PATH="$PG_BIN:/usr/bin:/bin" LANG=C.UTF-8 HOME=/ "$@")
  [ "$EUID" -ne 0 ] || command=(setpriv --reuid="$PG_RUNS_AS" --regid="$(id -g "$PG_RUNS_AS")" --clear-groups "${command[@]}")
  (cd / && exec "${command[@]}")
}

# The cluster appears under its name only when it is whole: an interrupted start leaves nothing half made.
create_cluster() {
  [ -n "$(as_postgres find "$PG_HOME/data" -maxdepth 1 -name PG_VERSION 2>/dev/null)" ] && return
  as_postgres rm -rf "$PG_HOME/new"
  as_postgres sh -c 'umask 077; cat >"$0"' "$PG_HOME/password" <"$SECRETS/postgres-postgres.password"
  as_postgres initdb --pgdata="$PG_HOME/new" --username=postgres --auth=scram-sha-256 --pwfile="$PG_HOME/password" \
    --encoding=UTF8 --locale=C.UTF-8 --data-checksums --no-instructions >"$LOG/initdb.log" 2>&1 ||
    { tail -n 20 "$LOG/initdb.log" >&2; fail "the Postgres cluster could not be made"; }
  as_postgres rm -f "$PG_HOME/password"
  as_postgres sh -c 'echo "include_if_exists = '"'../ale.conf'"'" >>"$0"' "$PG_HOME/new/postgresql.conf"
  as_postgres mv "$PG_HOME/new" "$PG_HOME/data"
}

# The process that the cluster's own file names, if it is a server in this very folder. (`pg_ctl status` also takes a
# process for running that has ended and was not yet collected by its parent.)
postgres_is_running() {
  local pid
  pid=$(as_postgres head -n 1 "$PG_HOME/data/postmaster.pid" 2>/dev/null) || return 1
  [ "$(as_postgres readlink "/proc/$pid/cwd" 2>/dev/null)" = "$(readlink -f "$PG_HOME")/data" ]
}

# Only TCP on loopback: the path of a socket would have to be short.
write_postgres_settings() {
  as_postgres sh -c 'cat >"$0"' "$PG_HOME/ale.conf" <<EOF
listen_addresses = '127.0.0.1'
port = $POSTGRES_PORT
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
EOF
}

launch_postgres() {
  # The server's descriptors are the log's alone: neither the lock nor the caller's output stay open in it.
  (
    close_inherited
    as_postgres pg_ctl start --pgdata="$PG_HOME/data" --log="$PG_HOME/postgres.log" --wait --timeout=120
  ) </dev/null >"$LOG/postgres-start.log" 2>&1
}

start_postgres() {
  make_cluster_folder
  create_cluster
  postgres_is_running && return
  # Tried again for a while: a server that was killed leaves processes that hold its memory for some moments more, and
  # between the choice of a port and its use somebody else may have taken it.
  wait_for 60 try_postgres || { as_postgres tail -n 20 "$PG_HOME/postgres.log" >&2; fail "Postgres did not start"; }
}

try_postgres() {
  choose_port POSTGRES_PORT
  write_postgres_settings
  launch_postgres
}

# admin_psql ARGUMENT…: as the superuser.
admin_psql() {
  PGPASSWORD=$(cat "$SECRETS/postgres-postgres.password") PGOPTIONS='-c client_min_messages=warning' \
    "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$POSTGRES_PORT" -U postgres "$@"
}

make_database() {
  admin_psql -d postgres -c 'SELECT 1' >/dev/null ||
    fail "the cluster does not know the passwords in $SECRETS: begin afresh with 'make clean-data'."
  [ "$(admin_psql -d postgres -Atc "SELECT 1 FROM pg_database WHERE datname = 'ale'")" = 1 ] ||
    admin_psql -d postgres -c 'CREATE DATABASE ale'
  "$ROOT/deploy/postgres/roles.sh" "$SECRETS" | admin_psql -d ale
}

stop_postgres() {
  local mode
  [ -d "$PG_HOME" ] || return 0
  for mode in fast immediate; do
    postgres_is_running || return 0
    as_postgres pg_ctl stop --pgdata="$PG_HOME/data" --mode=$mode --wait --timeout=60 >/dev/null 2>&1 || true
  done
  ! postgres_is_running || fail "Postgres did not stop (its log: $PG_HOME/postgres.log)"
}
