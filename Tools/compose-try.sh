#!/usr/bin/env bash
# compose-try.sh    what `docker compose up --wait` has started is whole: the journey runs, the person it names signs in and sees
# the pages, a page says that its service is away while it is, and the workspace stops and starts. Leaves everything running.
# DOCKER is the client to use, where it is not `docker`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
docker=${DOCKER:-docker}
address=http://127.0.0.1:${WORKSPACE_PORT:-8080}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

say() { printf 'compose: %s\n' "$*"; }
fail() { printf 'compose: %s\n' "$*" >&2; exit 1; }

# ask STATUS PATH [OPTION…]: the body stands in $folder/body; fails where the answer has another status.
ask() {
  local wanted=$1 path=$2 status; shift 2
  status=$(curl -sS -m 20 -o "$folder/body" -D "$folder/head" -w '%{http_code}' -b "$folder/cookies" -c "$folder/cookies" "$@" "$address$path")
  [ "$status" = "$wanted" ] || fail "$path answered $status, not $wanted"
}

shows() { grep -qF "$1" "$folder/body" || fail "the page does not show: $1"; }

# until_shows TEXT PATH: within half a minute.
until_shows() {
  local end=$((SECONDS + 30))
  until curl -sS -m 20 -b "$folder/cookies" "$address$2" 2>/dev/null | grep -qF "$1"; do
    [ "$SECONDS" -lt "$end" ] || fail "$2 does not come to show: $1"
    sleep 0.5
  done
}

ask 200 /health
ask 303 /onboarding
ask 200 /sign-in
grep -qi '^content-security-policy: default-src .none' "$folder/head" || fail "a page comes without its policy"
say "pages answer"

"$docker" compose run --rm journey >"$folder/journey" 2>&1 || { tail -n 20 "$folder/journey" >&2; fail "the journey failed"; }
say "the journey is carried out"

read -r email password < <(grep -E '^ +agent@' "$folder/journey" | head -n 1) || fail "the journey names no password of the agent"
token=$(sed -nE 's/.*name="csrf" value="([^"]+)".*/\1/p' "$folder/body" | head -n 1)
ask 303 /sign-in --data-urlencode "csrf=$token" --data-urlencode "email=$email" --data-urlencode "password=$password"
ask 200 /onboarding
shows ALEONB
say "$email signs in and sees the cases"

ask 200 /lists/engagement
shows ENGMT
"$docker" compose stop customer-success >/dev/null 2>&1
ask 503 /lists/engagement
"$docker" compose start customer-success >/dev/null 2>&1
until_shows ENGMT /lists/engagement
say "a page says that its service is away, and works again by itself"

begin=$SECONDS
"$docker" compose stop workspace >/dev/null 2>&1
[ $((SECONDS - begin)) -lt 10 ] || fail "the workspace took $((SECONDS - begin)) s to stop"
"$docker" compose start workspace >/dev/null 2>&1
until_shows ALEONB /onboarding
say "the workspace stops and starts, and nobody has to sign in again"
