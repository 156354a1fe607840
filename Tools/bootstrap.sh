#!/usr/bin/env bash
# bootstrap.sh [--browser]    installs what is missing: Debian packages, and a Python environment under .local/venv; with
# --browser also what the pages are looked at with, as the tests do.
# Finds nothing to do in a tenth of a second when all is there. Needs root or sudo only to install packages.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
local_folder=${ALE_LOCAL:-$root/.local}

packages=(
  # to compile
  pkg-config libnats-dev libprotobuf-c-dev libpq-dev libzip-dev libxlsxwriter-dev duktape-dev
  libcurl4-openssl-dev libidn2-dev libjq-dev libonig-dev libseccomp-dev libsodium-dev zlib1g-dev
  # to generate code from the protos, and to check it against a second implementation
  protobuf-compiler protobuf-c-compiler libprotobuf-dev python3-protobuf python3-venv
  # to run
  nats-server postgresql-15 postgresql-client-15
)
# To look at the pages as people do: 190 MB to fetch, and nothing that its package only recommends.
[ "${1:-}" != --browser ] || packages+=(chromium fonts-noto-cjk)

fail() { printf 'bootstrap: %s\n' "$*" >&2; exit 1; }

find_swift() {
  command -v swift >/dev/null || [ -x /opt/swift/usr/bin/swift ] ||
    fail "Swift 6.2 or newer is needed, on PATH or in /opt/swift."
}

missing_packages() {
  local installed package
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
  for package in "${packages[@]}"; do
    grep -qx "installed $package" <<<"$installed" || printf '%s\n' "$package"
  done
}

# as_root COMMAND…: directly, or through sudo (which may ask for a password only where a person can answer).
as_root() {
  if [ "$EUID" -eq 0 ]; then "$@"
  elif [ -t 0 ]; then sudo "$@"
  else sudo -n "$@"; fi
}

# Installing the servers must start none of them: the stack runs its own, under .local.
keep_servers_stopped() {
  local file=/etc/postgresql-common/createcluster.conf
  [ -e "$file" ] || as_root sh -c "mkdir -p ${file%/*} && echo 'create_main_cluster = false' >$file"
  if [ -d /run/systemd/system ] && ! dpkg -s nats-server >/dev/null 2>&1; then
    as_root systemctl mask --quiet nats-server.service
  fi
}

install_packages() {
  local wanted=("$@") apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
  local log; log=$(mktemp)
  command -v apt-get >/dev/null || fail "these Debian 12 packages are needed: ${wanted[*]}"
  if [ "$EUID" -ne 0 ] && ! command -v sudo >/dev/null; then
    fail "packages are missing, and there is neither root nor sudo. As root, run:
  apt-get update && apt-get install --no-install-recommends ${wanted[*]}"
  fi
  printf 'Installing %d Debian packages: %s\n' "${#wanted[@]}" "${wanted[*]}"
  keep_servers_stopped
  if ! as_root "${apt[@]}" update >"$log" 2>&1 ||
    ! as_root "${apt[@]}" install --no-install-recommends "${wanted[@]}" >>"$log" 2>&1; then
    tail -30 "$log" >&2
    fail "the packages could not be installed (whole log: $log)"
  fi
  rm -f "$log"
}

# The environment is rebuilt when the list of packages changes, or when the checkout has moved.
prepare_python() {
  local venv=$local_folder/venv mark
  mark=$(printf '%s\n' "$venv"; cat "$root/Tools/requirements.txt")
  [ -x "$venv/bin/python3" ] && [ "$(cat "$venv/.made-for" 2>/dev/null)" = "$mark" ] && return
  echo "Making the Python environment .local/venv"
  rm -rf "$venv"
  mkdir -p "$local_folder"
  /usr/bin/python3 -m venv --system-site-packages "$venv"
  "$venv/bin/python3" -m pip install --quiet --disable-pip-version-check -r "$root/Tools/requirements.txt" ||
    fail "the Python packages of Tools/requirements.txt could not be installed"
  printf '%s\n' "$mark" >"$venv/.made-for"
}

find_swift
mapfile -t missing < <(missing_packages)
[ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}"
prepare_python
