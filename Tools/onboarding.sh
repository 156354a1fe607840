#!/usr/bin/env bash
# onboarding.sh COMMAND…    a command of `onboarding` on the local stack, as its operator.
#
#   Tools/onboarding.sh token --user agent@provider.example
#   Tools/onboarding.sh system create --name "Billing" --role sn_acct_lc.ale_success_viewer --key-file billing.key
set -euo pipefail
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
for part in common services; do
  # shellcheck source=/dev/null
  . "$tools/stack/$part.sh"
done
[ -f "$ENVIRONMENT/onboarding.env" ] || fail "there is no stack in $LOCAL: start it with \`make run\`."
as_operator "$@"
