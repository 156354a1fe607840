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
# What the browser tests should take altogether, and have taken. It is told and fails nothing, like all that depends on the
# machine: how fast pages are `make bench` measures.
browser_aim=480 browser_took=0

# check NAME COMMAND…: its output is shown and kept in .local/log/test-NAME.log.
check() {
  local name=$1 begin=$SECONDS verdict=passed; shift
  printf '\n== %s\n' "$name"
  if ! "$@" 2>&1 | tee "$logs/test-$name.log"; then verdict=FAILED; failed=1; fi
  summary+=("$(printf '%-12s %-7s %5d s' "$name" "$verdict" $((SECONDS - begin)))")
  case $name in script | design | journeys) browser_took=$((browser_took + SECONDS - begin)) ;; esac
  [ "$verdict" = passed ]
}

# At most so many tests of a target run beside each other: without a bound all of them ask one server at once, and on a slow
# or busy machine some of them wait longer than their deadlines. Those that compute gain nothing from more than a few.
width=${ALE_TEST_WIDTH:-10}
computing_width=$((width < 6 ? width : 6))
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$width

# The built tests that match. `swift test --skip-build` would plan the build once more each time.
run_tests() {
  .build/debug/account-lifecyclePackageTests.xctest --testing-library swift-testing --filter "$@"
}

# Suites that ask for as much as one request may hold: beside others it would take longer than a request may.
largest='^CustomerSuccessTests\.(Batch|Capacity)Tests'

run_target() {
  local begin=$SECONDS code=0
  printf -- '-- %s\n' "$1"
  run_tests "^$1\\." --skip "$largest" || code=1
  printf -- '-- %s took %d s\n' "$1" $((SECONDS - begin))
  return $code
}

# lane TARGET…: one after the other; what a target prints is shown when it has ended.
lane() {
  local target output code=0
  output=$(mktemp)
  for target in "$@"; do
    run_target "$target" >"$output" 2>&1 || code=1
    flock "$logs" cat "$output"
  done
  rm -f "$output"
  return $code
}

# scenarios FILTER [OPTION…]: some of the scenarios, shown when they have ended.
scenarios() {
  local output code=0 begin=$SECONDS
  output=$(mktemp)
  run_tests "$@" >"$output" 2>&1 || code=1
  flock "$logs" cat "$output"
  rm -f "$output"
  printf -- '-- ScenarioTests %s took %d s\n' "$*" $((SECONDS - begin))
  return $code
}

# Every target by itself: what one of them does to its servers and to the machine is none of the others' business. Those that
# mostly wait (for lost servers, leases, deadlines) go beside those that compute, the largest suites behind them. Scenarios come
# last, since each of them starts the whole system: the two longest suites beside all others; beside them, and behind them where
# there is not time for both, goes what needs no server at all.
swift_tests() {
  local slow='(Identity|Integration|Mail|NATS|Notifier|Platform|PlayLauncher|Postgres|RPC|Records|Sandbox|Work)Tests'
  local plain='(Flows|Korean|Playbooks|Roles|Tenancy|Tidy|Wire|Workbook)Tests'
  local long='(Campaign|Playbook)ScenarioTests'
  local waiting computing alone beside other code=0
  if [ -n "${ALE_TEST_FILTER:-}" ]; then run_tests "$ALE_TEST_FILTER"; return; fi
  mapfile -t computing < <(basename -a Tests/*Tests | grep -vxE "ScenarioTests|$slow|$plain")
  mapfile -t waiting < <(basename -a Tests/*Tests | grep -xE "$slow")
  mapfile -t alone < <(basename -a Tests/*Tests | grep -xE "$plain")
  lane "${waiting[@]}" & beside=$!
  SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$computing_width lane "${computing[@]}" || code=1
  wait "$beside" || code=1
  run_tests "$largest" || code=1
  (renice -n 10 "$BASHPID" >/dev/null; lane "${alone[@]}") & beside=$!
  scenarios "^ScenarioTests\..*$long" & other=$!
  scenarios '^ScenarioTests\.' --skip "$long" || code=1
  wait "$other" || code=1
  wait "$beside" || code=1
  return $code
}

Tools/bootstrap.sh --browser || exit 1
mkdir -p "$logs" && rm -f "$logs"/test-*.log
check format Tools/format.sh --check
check generated Tools/proto.sh --check
check dependencies Tools/dependencies.py
[ -n "${ALE_TEST_FILTER:-}" ] || { check script "$python" Tests/Browser/test_script.py; check design "$python" Tests/Browser/test_design.py; }
check build Tools/build.sh debug --build-tests && check tests swift_tests
[ -n "${ALE_TEST_FILTER:-}" ] || check journeys "$python" Tests/Browser/test_journeys.py

[ "$browser_took" -eq 0 ] || summary+=("browser      together $browser_took s, aim: under $browser_aim s")
printf '\n== summary\n'
printf '  %s\n' "${summary[@]}"
grep -hE '^.{0,4}Test run with|^Executed [1-9]' "$logs"/test-tests.log 2>/dev/null
# What failed comes last, where it is seen, also by whoever has only the end of the output.
if [ "$failed" -ne 0 ]; then
  printf '\n== what failed\n'
  grep -hE '✘.*Test .* recorded an issue|^(FAIL|ERROR): |[0-9]: error: ' "$logs"/test-*.log 2>/dev/null | cut -c 1-300 | tail -n 40
fi
exit "$failed"
