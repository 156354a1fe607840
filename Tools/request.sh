#!/usr/bin/env bash
# request.sh SUBJECT [JSON] [--as PERSONA]    one request to the local stack, as an outside client. See request.py.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
exec "${ALE_LOCAL:-$root/.local}/venv/bin/python3" "$root/Tools/request.py" "$@"
