# shellcheck shell=bash
# The services: their settings, migrations, start and readiness. The keys are listed in each service's README.

# setting NAME VALUE: one line of a file that both a shell and a .env reader understand.
setting() { printf "%s='%s'\n" "$1" "${2//\'/\'\\\'\'}"; }

nats_settings() {
  setting ALE_NATS_URL "nats://127.0.0.1:$NATS_PORT"
  setting ALE_NATS_USER "$1"
  setting ALE_NATS_PASSWORD_FILE "$SECRETS/nats-$1.password"
}

service_settings() {
  local service=$1 role
  role=ale_$(schema_of "$service")
  nats_settings "$service"
  setting ALE_POSTGRES_HOST 127.0.0.1
  setting ALE_POSTGRES_PORT "$POSTGRES_PORT"
  setting ALE_POSTGRES_DATABASE ale
  setting ALE_POSTGRES_USER "$role"
  setting ALE_POSTGRES_PASSWORD_FILE "$SECRETS/postgres-$role.password"
  setting ALE_POSTGRES_POOL_SIZE 16
  setting ALE_JWKS_FILE "$KEYS/jwks.json"
  setting ALE_SERVICE_KEY_FILE "$KEYS/$service.key"
  setting ALE_LOG_LEVEL "${ALE_LOG_LEVEL:-info}"
  setting ALE_LOG_FORMAT "${ALE_LOG_FORMAT:-plain}"
  setting ALE_READY_FILE "$RUN/$service.ready"
  case $service in
    import-validation)
      setting ALE_FILES_DIRECTORY "$LOCAL/files"
      setting ALE_SCRIPT_WORKER "$BIN/script-worker" ;;
    notifier)
      setting ALE_SMTP_HOST 127.0.0.1
      setting ALE_SMTP_PORT "$SMTP_PORT"
      setting ALE_SMTP_SECURITY none
      setting ALE_MAIL_FROM "ale@localhost" ;;
  esac
}

# What the journey needs as an outside client.
journey_settings() {
  nats_settings client
  setting ALE_KEYS_DIRECTORY "$KEYS"
  setting ALE_TOKENS_DIRECTORY "$TOKENS"
  setting ALE_MAIL_DIRECTORY "$MAIL"
  setting ALE_SAMPLES_DIRECTORY "$ROOT/Samples"
}

# A file is touched only when it says something new: its time tells whether a running service is out of date.
write_settings() {
  local file=$ENVIRONMENT/$1.env; shift
  (umask 077; "$@" >"$file.new")
  if cmp -s "$file.new" "$file"; then rm "$file.new"; else mv "$file.new" "$file"; fi
}

write_all_settings() {
  local service
  for service in $SERVICES; do write_settings "$service" service_settings "$service"; done
  write_settings journey journey_settings
}

require_programs() {
  local service
  for service in $SERVICES; do
    [ -x "$BIN/$service" ] || fail "$BIN/$service is missing: build first (make run does)."
  done
}

# as_operator COMMAND…: a command of `onboarding` on the database of the stack, with the operator's key.
as_operator() {
  (
    set -a
    eval "$(cat "$ENVIRONMENT/onboarding.env")"
    exec env ALE_SERVICE_KEY_FILE="$KEYS/operator.key" ALE_LOG_LEVEL=error "$BIN/onboarding" "$@"
  ) 9>&-
}

# Who may make all others; the journey's administrator, unless there is one.
make_administrator() {
  as_operator admin create --name 'Ada Admin' --email "$ADMINISTRATOR" --if-none </dev/null >"$LOG/administrator.log" 2>&1 ||
    { cat "$LOG/administrator.log" >&2; fail "the first administrator could not be made"; }
}

# Keys that sign tokens; made once.
make_keys() {
  [ -s "$KEYS/jwks.json" ] && return
  "$BIN/onboarding" keys init --directory "$KEYS" >"$LOG/keys.log" 2>&1 ||
    { cat "$LOG/keys.log" >&2; fail "the signing keys could not be made"; }
}

migrate_service() {
  local service=$1 owner
  owner=ale_$(schema_of "$service")_owner
  (
    set -a
    eval "$(cat "$ENVIRONMENT/$service.env")"
    exec env ALE_POSTGRES_USER="$owner" ALE_POSTGRES_PASSWORD_FILE="$SECRETS/postgres-$owner.password" \
      "$BIN/$service" migrate
  ) </dev/null >"$LOG/$service-migrate.log" 2>&1 9>&-
}

# Each service has a schema of its own, so that all migrate at once.
migrate_all() {
  local service pids=() names=() index failed=0
  for service in $SERVICES; do migrate_service "$service" & pids+=($!); names+=("$service"); done
  for index in "${!pids[@]}"; do
    wait "${pids[index]}" && continue
    failed=1
    printf '\n%s could not be migrated:\n' "${names[index]}" >&2
    tail -n 20 "$LOG/${names[index]}-migrate.log" >&2
  done
  [ "$failed" -eq 0 ] || exit 1
}

start_mail() {
  local catcher=$ROOT/Tools/smtp_catcher.py
  pid_of mail >/dev/null && return
  choose_port SMTP_PORT
  rm -f "$RUN/mail.port"
  launch mail '' /usr/bin/python3 "$catcher" --port "$SMTP_PORT" --directory "$MAIL" --port-file "$RUN/mail.port"
  wait_for 20 mail_is_ready || { tail -n 20 "$LOG/mail.log" >&2; fail "the mail catcher did not start"; }
}

mail_is_ready() {
  pid_of mail >/dev/null || return 2
  [ -s "$RUN/mail.port" ]
}

# A service that runs an older program or older settings is started anew.
start_service() {
  local service=$1 file=$RUN/$1.pid
  if pid_of "$service" >/dev/null; then
    [ "$BIN/$service" -nt "$file" ] || [ "$ENVIRONMENT/$service.env" -nt "$file" ] || return 0
    stop_process "$service" 20
  fi
  rm -f "$RUN/$service.ready"
  launch "$service" "$ENVIRONMENT/$service.env" "$BIN/$service" serve
}

# All of them at once; none waits for another.
start_services() {
  local service
  for service in $SERVICES; do start_service "$service"; done
}

# Ready is: the service has said so in its file, and answers when asked by name.
service_is_ready() {
  pid_of "$1" >/dev/null || return 2
  [ -e "$RUN/$1.ready" ] && answers "$1"
}

await_service() {
  local code=0
  wait_for 60 service_is_ready "$1" || code=$?
  [ "$code" -eq 0 ] && return
  printf '\n' >&2
  tail -n 30 "$LOG/$1.log" >&2
  [ "$code" -ne 2 ] || fail "$1 ended while starting (log: $LOG/$1.log)"
  fail "$1 is not ready after 60 s (log: $LOG/$1.log)"
}
