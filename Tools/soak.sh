#!/usr/bin/env bash
# soak.sh DURATION [SEED]    campaigns for as long as asked: soak.sh 90s, soak.sh 10m, soak.sh 8h 1234567
#
# In turn: SIGKILL to every process at random moments under load, and a cluster that loses what it may lose. After each an
# audit counts every acknowledged write. The seed is printed; given again, it repeats the first campaign of the run. Each
# has a stack of its own under /tmp, and ends in time or fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH=$PATH:/opt/swift/usr/bin
Tools/bootstrap.sh
Tools/build.sh release --static-swift-stdlib
exec .build/release/soak "$@"
