# shellcheck shell=bash
# The private Postgres cluster. The server refuses to run as root: for root it runs as another user, in a folder that
# user can reach.

PG_HOME='' PG_BIN='' PG_RUNS_AS='' DATABASE_IS_NEW=no

# Where the cluster is, and as whom it runs. The place is chosen once.
find_cluster() {
  local elsewhere
  PG_BIN=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
  [ -n "$PG_BIN" ] || fail "Postgres is not installed: run Tools/bootstrap.sh"
  elsewhere=/var/lib/ale-local/$(printf '%s' "$LOCAL" | sha256sum | head -c 16)
  PG_HOME=$(cat "$LOCAL/postgres.path" 2>/dev/null || echo "$LOCAL/postgres")
  # Anything but the two places there can be is the rest of a file that was being written: the data tells the place.
  if [ "$PG_HOME" != "$LOCAL/postgres" ] && ! [[ $PG_HOME =~ ^/var/lib/ale-local/[0-9a-f]{16}$ ]]; then
    PG_HOME=$LOCAL/postgres
    [ -d "$PG_HOME" ] || [ ! -d "$elsewhere" ] || PG_HOME=$elsewhere
    write_cluster_place
  fi
  PG_RUNS_AS=$(id -un)
  [ "$EUID" -eq 0 ] || return 0
  PG_RUNS_AS=ale-local
  [ -d "$PG_HOME" ] && { PG_RUNS_AS=$(stat -c %U "$PG_HOME"); return 0; }
  id "$PG_RUNS_AS" >/dev/null 2>&1 ||
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$PG_RUNS_AS"
  as_postgres test -x "$LOCAL" || PG_HOME=$elsewhere
}

write_cluster_place() {
  printf '%s\n' "$PG_HOME" >"$LOCAL/postgres.path.new"
  mv "$LOCAL/postgres.path.new" "$LOCAL/postgres.path"
}

make_cluster_folder() {
  [ -f "$LOCAL/postgres.path" ] && [ -d "$PG_HOME" ] && return
  # Left behind by a checkout whose .local was removed: nobody has its passwords any more.
  case $PG_HOME in /var/lib/ale-local/*) stop_postgres; rm -rf "$PG_HOME" ;; esac
  mkdir -p "${PG_HOME%/*}"
  if [ "$EUID" -eq 0 ]; then install -d -m 700 -o "$PG_RUNS_AS" -g "$PG_RUNS_AS" "$PG_HOME"; else (umask 077; mkdir -p "$PG_HOME"); fi
  write_cluster_place
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

# The server in the cluster's folder, whatever its own file says, which may be lost. (`pg_ctl status` also takes a process
# for running that has ended and was not yet collected by its parent.) The server's children have other command lines.
postgres_pid() {
  local data
  data=$(readlink -f "$PG_HOME")/data
  # shellcheck disable=SC2016  # for the other shell
  as_postgres sh -c '
    for place in $(grep -lz "^$1/postgres\$" /proc/[0-9]*/cmdline 2>/dev/null); do
      place=${place%/cmdline}
      [ "$(readlink "$place/cwd")" != "$0" ] || { echo "${place#/proc/}"; exit; }
    done
    exit 1' "$data" "$PG_BIN"
}

postgres_is_running() { postgres_pid >/dev/null; }

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
  postgres_is_whole && return
  # A server whose file is lost ends by itself within a minute.
  stop_postgres
  # Tried again for a while: a server that was killed leaves processes that hold its memory for some moments more, and
  # between the choice of a port and its use somebody else may have taken it.
  wait_for 60 try_postgres || { as_postgres tail -n 20 "$PG_HOME/postgres.log" >&2; fail "Postgres did not start"; }
}

postgres_is_whole() {
  local pid
  pid=$(postgres_pid) && [ "$(as_postgres head -n 1 "$PG_HOME/data/postmaster.pid" 2>/dev/null)" = "$pid" ]
}

try_postgres() {
  # The rest of a file that was being written: the server would not start on it.
  as_postgres grep -qsE '^[0-9]+$' "$PG_HOME/data/postmaster.pid" || as_postgres rm -f "$PG_HOME/data/postmaster.pid"
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
  local answer
  answer=$(admin_psql -d postgres -c 'SELECT 1' 2>&1) || case $answer in
    *'password authentication failed'*) set_superuser_password ;;
    *) fail "the database cannot be reached: $answer" ;;
  esac
  [ "$(admin_psql -d postgres -Atc "SELECT 1 FROM pg_database WHERE datname = 'ale'")" = 1 ] ||
    { admin_psql -d postgres -c 'CREATE DATABASE ale'; DATABASE_IS_NEW=yes; }
  "$ROOT/deploy/postgres/roles.sh" "$SECRETS" | admin_psql -d ale
}

# The cluster is ours, whatever became of the password: whoever owns its files may set another one.
set_superuser_password() {
  printf '\n  The database does not know the password of its superuser in %s: it is set anew. ' "$SECRETS"
  stop_postgres
  # shellcheck disable=SC2016  # for the other shell
  printf "ALTER ROLE postgres PASSWORD '%s'\n" "$(cat "$SECRETS/postgres-postgres.password")" |
    as_postgres postgres --single -D "$PG_HOME/data" postgres >"$LOG/postgres-password.log" 2>&1 ||
    fail "the superuser's password could not be set (log: $LOG/postgres-password.log)"
  start_postgres
}

stop_postgres() {
  local signal pid
  [ -d "$PG_HOME" ] || return 0
  # Fast, then at once.
  for signal in INT QUIT; do
    pid=$(postgres_pid) || return 0
    as_postgres kill -s "$signal" "$pid" 2>/dev/null || true
    wait_for 60 postgres_has_ended && return 0
  done
  fail "Postgres did not stop (its log: $PG_HOME/postgres.log)"
}

postgres_has_ended() { ! postgres_is_running; }
