#!/bin/sh
# Runs the unit tests, the properties and the conformance kit, built for Windows, under Wine: the
# real Winsock calls of an implementation that is not Microsoft's.
#
#   ./build.sh wine
#
# Wine is installed if it is missing, by root with apt-get. What it cannot do is skipped, and told
# by name with the reason. Exit status: 0 if there is Wine and everything else passes, else 1.
set -u
cd "$(dirname "$0")/.." || exit 1
programs=artifacts/wine
within=600 # seconds for each program: .NET on Wine 8 may hang when a test fails

fail() {
  echo "wine.sh: $1" >&2
  exit 1
}

for each in BitcoinSock.Unit BitcoinSock.Properties.FSharp sockcheck; do
  [ -f $programs/$each.exe ] || fail "$each is not built for Windows: ./build.sh wine does it"
done
if ! command -v wine >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  { apt-get -qq update && apt-get -qq install -y --no-install-recommends wine wine64; } >&2
fi
command -v wine >/dev/null || fail "Wine is missing: apt-get install wine wine64"

passed=0 failed=0 skipped=0 running=
temp=$(mktemp -d) || exit 1
log=$temp/log
# Nothing of one's own Wine is touched.
export WINEPREFIX="$temp/prefix" WINEDEBUG=-all
# .NET 10 crashes on Wine 8 without these.
export DOTNET_EnableWriteXorExecute=0 DOTNET_TieredCompilation=0
unset CI # in CI some tests do fifty times as much, which would be long here

# The server of this folder and what it serves.
stop() {
  [ -n "$running" ] && kill "$running"
  wineserver -k
  rm -rf "$temp"
} 2>/dev/null

trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# run PROGRAM ARGUMENT...: keeps what it says in $log.
run() {
  start=$(date +%s) program=$1
  shift
  timeout -k 5 $within wine $programs/"$program".exe "$@" >"$temp/out" 2>"$temp/error" &
  running=$!
  wait $running
  code=$?
  running=
  # Expecto leaves colours even so, and a dash of some code page, which ends what sed takes for a line.
  LC_ALL=C tr -cd '\n\040-\176' <"$temp/out" | sed 's/^\[0m//' >"$log"
}

# total PASSED FAILED SKIPPED: what the program that was run has counted.
total() {
  bad=$2
  { [ $code = 0 ] && [ "$1" -gt 0 ]; } || [ "$bad" -gt 0 ] || bad=1
  if [ "$bad" -gt 0 ]; then
    [ $code != 124 ] || echo "no end within $within s: the test of the last line failed, or hangs"
    sed -n '/\[FAIL\]$/,/\[FINISHED\]/p; / ERR\]/,/<Expecto>$/p' "$log"
    tail -n 3 "$log"
    cat "$temp/error"
  fi | sed 's/^/  /'
  echo "wine $program: $1 passed, $bad failed, $3 skipped, $(($(date +%s) - start)) s"
  passed=$((passed + $1)) failed=$((failed + bad)) skipped=$((skipped + $3))
}

# units: the program of xunit's, one test at a time. Wine 8 hangs now and then: what comes to no
# end has one more chance, and is told.
units() {
  set -- BitcoinSock.Unit -noColor -parallelMode none -reporter verbose
  run "$@"
  if [ $code = 124 ]; then
    echo "  no end within $within s, once more: $(tail -n 1 "$log")"
    run "$@"
  fi
  sed -n '/\[SKIP\]$/{N;s/^ */  skipped: /;s/ \[SKIP\]\n */: /;p;}' "$log"
  counts='.*Total: \([0-9]*\), Errors: \([0-9]*\), Failed: \([0-9]*\), Skipped: \([0-9]*\), .*'
  set -- $(sed -n "s/$counts/\1 \2 \3 \4/p" "$log")
  [ $# = 4 ] || set -- 1 0 1 0 # it did not come to an end, or to a beginning
  total $(($1 - $2 - $3 - $4)) $(($2 + $3)) "$4"
}

# properties: Expecto's program; it leaves the laws to the kit.
properties() {
  run BitcoinSock.Properties.FSharp --colours 0 --no-spinner --sequenced --debug
  sed -n 's/.*\] \(.*\) was ignored.*/  skipped: \1/p' "$log"
  counts='.* \([0-9]*\) passed, \([0-9]*\) ignored, \([0-9]*\) failed, \([0-9]*\) errored.*'
  set -- $(sed -n "s/.*EXPECTO!$counts/\1 \2 \3 \4/p" "$log")
  [ $# = 4 ] || set -- 0 0 1 0 # it did not come to an end, or to a beginning
  total "$1" $(($3 + $4)) "$2"
}

# The kit's laws, on every backend.
laws() {
  run sockcheck --cases 50 # a quarter of the usual: each call asks Wine's server
  echo "  skipped: backend StreamSock-tls: Wine 8 makes no key for a certificate"
  echo "  skipped: resets, in the laws of real backends: Wine 8 tells a reset as the end"
  echo "  skipped: interrupts within a millisecond, in law 13: each call asks Wine's server"
  sed -n 's/^== //p; s/^skipped */  skipped: /p; /^FAILED/,/to replay/p' "$log" | sed 's/^/  /'
  set -- $(awk '/^backend / { p += $3; f += $5; s += $7 } END { print p + 0, f + 0, s + 0 }' "$log")
  total "$1" "$2" "$3"
}

# It looks for neither a Mono nor a Gecko to download.
WINEDLLOVERRIDES=mscoree,mshtml= wine wineboot -i >"$temp/out" 2>&1 ||
  { cat "$temp/out" >&2; fail "Wine does not start"; }
units
properties
laws

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed -gt 0 ] && echo "peer wine: ok ($passed tests)" && exit
echo "peer wine: FAILED"
exit 1
