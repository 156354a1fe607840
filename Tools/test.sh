#!/usr/bin/env bash
# test.sh    everything that proves the product, cheapest first; goes on after a failure, and ends with a summary.
# ALE_TEST_FILTER=REGEX runs only the Swift tests that match.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
PATH=$PATH:/opt/swift/usr/bin
logs=${ALE_LOCAL:-$PWD/.local}/log
python=${ALE_LOCAL:-$PWD/.local}/venv/bin/python3
summary=()
failed=0

# check NAME COMMAND…: its output is shown and kept in .local/log/test-NAME.log.
check() {
  local name=$1 begin=$SECONDS verdict=passed; shift
  printf '\n== %s\n' "$name"
  if ! "$@" 2>&1 | tee "$logs/test-$name.log"; then verdict=FAILED; failed=1; fi
  summary+=("$(printf '%-12s %-7s %5d s' "$name" "$verdict" $((SECONDS - begin)))")
  [ "$verdict" = passed ]
}

# The built tests that match. `swift test --skip-build` would plan the build once more each time.
run_tests() {
  .build/debug/account-lifecyclePackageTests.xctest --testing-library swift-testing --filter "$1"
}

# Every target by itself: what one of them does to its servers and to the machine is none of the others' business.
# Scenarios come last, since each of them starts the whole system.
swift_tests() {
  local target targets begin failed=0
  if [ -n "${ALE_TEST_FILTER:-}" ]; then run_tests "$ALE_TEST_FILTER"; return; fi
  targets=$(basename -a Tests/*Tests | grep -vx ScenarioTests)
  for target in $targets ScenarioTests; do
    printf -- '-- %s\n' "$target"
    begin=$SECONDS
    run_tests "^$target\\." || failed=1
    printf -- '-- %s took %d s\n' "$target" $((SECONDS - begin))
  done
  return $failed
}

Tools/bootstrap.sh || exit 1
mkdir -p "$logs" && rm -f "$logs"/test-*.log
check format Tools/format.sh --check
check generated Tools/proto.sh --check
[ -n "${ALE_TEST_FILTER:-}" ] || { check script "$python" Tests/Browser/test_script.py; check design "$python" Tests/Browser/test_design.py; }
check build Tools/build.sh debug --build-tests && check tests swift_tests
[ -n "${ALE_TEST_FILTER:-}" ] || check journeys "$python" Tests/Browser/test_journeys.py

printf '\n== summary\n'
printf '  %s\n' "${summary[@]}"
grep -hE '^.{0,4}Test run with|^Executed [1-9]' "$logs"/test-tests.log 2>/dev/null
exit "$failed"
