# shellcheck shell=bash
# The services: their settings, migrations, start and readiness. The keys are listed in each service's README.

# setting NAME VALUE: one line of a file that both a shell and a .env reader understand.
setting() { printf "%s='%s'\n" "$1" "${2//\'/\'\\\'\'}"; }

nats_settings() {
  setting ALE_NATS_URL "$(nats_url)"
  setting ALE_NATS_USER "$1"
  setting ALE_NATS_PASSWORD_FILE "$SECRETS/nats-$1.password"
}

# The instances of a service: the first has its name, the others are onboarding-2 and so on.
instances_of() {
  local instance
  echo "$1"
  for ((instance = 2; instance <= INSTANCES; instance++)); do echo "$1-$instance"; done
}

all_instances() {
  local service
  for service in $SERVICES; do instances_of "$service"; done
}

service_of() { printf '%s' "${1%-[0-9]}"; }

service_settings() {
  local instance=$1 service role
  service=$(service_of "$instance")
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
  setting ALE_READY_FILE "$RUN/$instance.ready"
  case $service in
    onboarding)   # links in e-mails lead to the pages; it makes the stream of events, and what outside systems read it through
      setting ALE_WORKSPACE_URL "$(workspace_url)"
      setting ALE_EVENTS_USER events
      setting ALE_EVENTS_PASSWORD_FILE "$SECRETS/nats-events.password"
      setting ALE_EVENTS_READERS_FILE "$SECRETS/systems.tsv"
      [ -z "${ALE_SIGN_IN_ISSUERS_FILE:-}" ] || setting ALE_SIGN_IN_ISSUERS_FILE "$ALE_SIGN_IN_ISSUERS_FILE"
      [ "$SERVERS" -eq 1 ] || setting ALE_EVENTS_REPLICAS "$SERVERS" ;;
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

# The address of the pages. Its port is chosen before any setting is written, since others name it.
workspace_url() { printf 'http://127.0.0.1:%s' "$WORKSPACE_PORT"; }

workspace_settings() {
  nats_settings workspace
  setting ALE_WORKSPACE_HOST 127.0.0.1
  setting ALE_WORKSPACE_PORT "$WORKSPACE_PORT"
  setting ALE_WORKSPACE_URL "$(workspace_url)"
  setting ALE_WORKSPACE_REQUESTS_PER_MINUTE "${ALE_WORKSPACE_REQUESTS_PER_MINUTE:-1200}"
  setting ALE_LOG_LEVEL "${ALE_LOG_LEVEL:-info}"
  setting ALE_LOG_FORMAT "${ALE_LOG_FORMAT:-plain}"
  setting ALE_READY_FILE "$RUN/workspace.ready"
}

# What the journey needs as an outside client.
journey_settings() {
  nats_settings client
  setting ALE_KEYS_DIRECTORY "$KEYS"
  setting ALE_TOKENS_DIRECTORY "$TOKENS"
  setting ALE_MAIL_DIRECTORY "$MAIL"
  setting ALE_SAMPLES_DIRECTORY "$ROOT/Samples"
  setting ALE_WORKSPACE_URL "$(workspace_url)"
}

# A file is touched only when it says something new: its time tells whether a running service is out of date.
write_settings() {
  local file=$ENVIRONMENT/$1.env; shift
  (umask 077; "$@" >"$file.new")
  if cmp -s "$file.new" "$file"; then rm "$file.new"; else mv "$file.new" "$file"; fi
}

write_all_settings() {
  local instance
  { [ -n "$WORKSPACE_PORT" ] && pid_of workspace >/dev/null; } || choose_port WORKSPACE_PORT
  write_settings workspace workspace_settings
  for instance in $(all_instances); do write_settings "$instance" service_settings "$instance"; done
  write_settings journey journey_settings
}

require_programs() {
  local service
  for service in $SERVICES workspace; do
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

# Does the service run the program of now? Then its schema was migrated by it: on another it would not have started.
is_migrated() {
  local pid
  [ "$DATABASE_IS_NEW" = no ] && pid=$(pid_of "$1") && is_current "$1" "$1" "$pid"
}

# Who may make all others; the journey's administrator, unless there is one.
make_administrator() {
  is_migrated onboarding && return
  as_operator admin create --name 'Ada Admin' --email "$ADMINISTRATOR" --if-none </dev/null >"$LOG/administrator.log" 2>&1 ||
    { cat "$LOG/administrator.log" >&2; fail "the first administrator could not be made"; }
}

# Keys that sign tokens; made once. What was signed before a key was lost stays valid as long as its public part is there.
make_keys() {
  local key
  keys_are_whole "$KEYS/jwks.json" || {
    [ ! -e "$KEYS/jwks.json" ] ||
      printf '\n  %s was damaged: new keys are made, and no token issued before is valid any more. ' "$KEYS/jwks.json"
    rm -f "$KEYS/jwks.json" "$KEYS"/*.key
  }
  local keys=("$KEYS/operator.key")
  for key in $SERVICES; do keys+=("$KEYS/$key.key"); done
  keys_are_whole "${keys[@]}" && return
  [ ! -e "$KEYS/jwks.json" ] || printf '\n  A key in %s is lost: all of them are made anew. ' "$KEYS"
  "$BIN/onboarding" keys init --directory "$KEYS" >"$LOG/keys.log" 2>&1 ||
    { cat "$LOG/keys.log" >&2; fail "the signing keys could not be made"; }
}

keys_are_whole() { /usr/bin/python3 -c 'import json, sys; [json.load(open(f)) for f in sys.argv[1:]]' "$@" 2>/dev/null; }

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

# Each service has a schema of its own, so that all migrate at once; those that are there already are left alone.
migrate_all() {
  local service pids=() names=() index failed=0
  for service in $SERVICES; do
    is_migrated "$service" && continue
    migrate_service "$service" & pids+=($!); names+=("$service")
  done
  for index in "${!pids[@]}"; do
    wait "${pids[index]}" && continue
    failed=1
    printf '\n%s could not be migrated:\n' "${names[index]}" >&2
    tail -n 20 "$LOG/${names[index]}-migrate.log" >&2
  done
  [ "$failed" -eq 0 ] || exit 1
}

start_mail() {
  local catcher=$ROOT/Tools/smtp_catcher.py pid
  if pid=$(pid_of mail); then record_process mail "$pid"; return; fi
  choose_port SMTP_PORT
  rm -f "$RUN/mail.port"
  launch mail '' /usr/bin/python3 "$catcher" --port "$SMTP_PORT" --directory "$MAIL" --port-file "$RUN/mail.port"
  wait_for 20 mail_is_ready || { tail -n 20 "$LOG/mail.log" >&2; fail "the mail catcher did not start"; }
}

mail_is_ready() {
  pid_of mail >/dev/null || return 2
  [ -s "$RUN/mail.port" ]
}

# A service that runs an older program, or with older settings or secrets, is started anew.
start_service() {
  local instance=$1 service pid
  service=$(service_of "$instance")
  if pid=$(pid_of "$instance"); then
    is_current "$instance" "$service" "$pid" && return
    stop_process "$instance" 20
  fi
  rm -f "$RUN/$instance.ready"
  launch "$instance" "$ENVIRONMENT/$instance.env" "$BIN/$service" serve
}

# The time of the pid file is that of the start.
is_current() {
  local file
  [ "$(head -n 1 "$RUN/$1.pid" 2>/dev/null)" = "$3" ] || return 1
  for file in "$BIN/$2" "$ENVIRONMENT/$1.env" "$KEYS/$2.key" "$SECRETS/nats-$2.password" \
    "$SECRETS/postgres-ale_$(schema_of "$2").password"; do
    [ ! "$file" -nt "$RUN/$1.pid" ] || return 1
  done
}

# All of them at once; none waits for another.
start_services() {
  local instance
  for instance in $(all_instances) workspace; do start_service "$instance"; done
}

# Ready is: the service has said so in its file, and answers when asked by name.
service_is_ready() {
  pid_of "$1" >/dev/null || return 2
  [ -e "$RUN/$1.ready" ] || return 1
  if [ "$1" = workspace ]; then workspace_answers; else answers "$(service_of "$1")"; fi
}

# Does the workspace say that it is well?
workspace_answers() {
  local status
  { exec 8<>"/dev/tcp/127.0.0.1/$WORKSPACE_PORT"; } 2>/dev/null || return 1
  printf 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&8
  IFS= read -r -t 2 -u 8 status || status=
  exec 8>&-
  [[ $status == *' 200 '* ]]
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
