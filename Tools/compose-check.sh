#!/usr/bin/env bash
# compose-check.sh    compose.yaml reads well (where docker compose is installed), and the Containerfile passes its linter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Compose v2: as a plug-in of docker, by itself, or unpacked by hand (COMPOSE_ENGINE_HOME).
plugin=${COMPOSE_ENGINE_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/compose-engine}/tools/usr/libexec/docker/cli-plugins/docker-compose
if docker compose version >/dev/null 2>&1; then compose=(docker compose)
elif docker-compose version 2>/dev/null | grep -qE ' v?[2-9]\.'; then compose=(docker-compose)
elif [ -x "$plugin" ]; then compose=("$plugin")
else compose=(); fi
if [ "${#compose[@]}" -gt 0 ]; then
  "${compose[@]}" -f compose.yaml --profile '*' config -q
  echo "compose.yaml: well formed"
else
  echo "compose.yaml: not checked (Compose v2 is not installed)"
fi
# DL3008: Debian's stable packages are taken as they are; pinning them would only break the next security update.
"${ALE_LOCAL:-.local}/venv/bin/hadolint" --ignore DL3008 Containerfile
echo "Containerfile: no complaint"
