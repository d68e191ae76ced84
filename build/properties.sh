#!/bin/sh
# Plays the properties with fifty times the cases of the quick run, from a seed that is the commit.
#
#   dotnet build tests/BitcoinSock.Properties.FSharp && build/properties.sh
#
# BITCOINSOCK_CASES and BITCOINSOCK_SEED are used if set. Exit status: 0 if all hold, else 1.
set -u
cd "$(dirname "$0")/.." || exit 1
tests=tests/BitcoinSock.Properties.FSharp/bin/Debug/net10.0/BitcoinSock.Properties.FSharp
export BITCOINSOCK_CASES="${BITCOINSOCK_CASES:-50}"
export BITCOINSOCK_SEED="${BITCOINSOCK_SEED:-$((0x$(git rev-parse --short=12 HEAD)))}"
log=$(mktemp) again=$(mktemp)
trap 'rm -f "$log" "$again"' EXIT

"$tests" -noColor -showLiveOutput >"$log"
status=$?
# What was played, by which test; the matrix and the shares.
sed -n 's/^ *BitcoinSock\.Properties\.[A-Za-z]*\.\(.*\) \[OUTPUT\] \(.*\(hold; seed\|every one played\).*\)/\2: \1/p' "$log"
sed -n 's/^.*\(the matrix is printed\|some call\|every way it can\|stand in for it\) \[OUTPUT\] /  /p' "$log"
[ $status = 0 ] || grep -v '\[OUTPUT\]' "$log"

# A second process must find, shrink and tell the same.
stories() { grep 'in a few steps.*\[OUTPUT\]' "$1" | sort; }
"$tests" -noColor -showLiveOutput -class BitcoinSock.Properties.CanaryTests >"$again"
if [ -n "$(stories "$log")" ] && [ "$(stories "$log")" = "$(stories "$again")" ]; then
    echo "$(stories "$log" | wc -l) lines of traces are the same in a second process"
else
    echo "a second process gives other traces from the same seed"
    status=1
fi

summary=$(sed -n 's/.*Total: \([0-9]*\), Errors: \([0-9]*\), Failed: \([0-9]*\), Skipped: \([0-9]*\).*/\1 \2 \3 \4/p' "$log")
set -- ${summary:-0 1 0 0}
echo "$(($1 - $2 - $3 - $4)) passed, $(($2 + $3)) failed"
exit $status
