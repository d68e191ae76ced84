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
raw=$(mktemp) log=$(mktemp)
trap 'rm -f "$raw" "$log"' EXIT
status=0

"$tests" --colours 0 --no-spinner >"$raw" || status=1
tr -d '\033' <"$raw" | sed 's/^\[0m//' >"$log" # what is left of colours
# What was played; the shares; the matrices, and why no law can be left out.
grep -E 'cases hold; seed|every one played| %$|(  [x.]){14}$|^without law|^law [0-9]+ is for' "$log"
[ $status = 0 ] || sed -n '/ ERR\]/,/<Expecto>$/p' "$log"

# A second process must find, shrink and tell the same.
stories() {
    "$tests" --colours 0 --no-spinner --sequenced \
        --filter "BitcoinSock.Properties/canaries/each is caught by its law, in a few steps" |
        grep -v 'EXPECTO'
}
first=$(stories)
if [ -n "$first" ] && [ "$first" = "$(stories)" ]; then
    echo "$(echo "$first" | wc -l) lines of traces are the same in a second process"
else
    echo "a second process gives other traces from the same seed"
    status=1
fi

counts='.* \([0-9]*\) passed, [0-9]* ignored, \([0-9]*\) failed, \([0-9]*\) errored.*'
set -- $(sed -n "s/.*EXPECTO!$counts/\1 \2 \3/p" "$log")
[ $# = 3 ] || set -- 0 1 0 # it did not come to an end
echo "$1 passed, $(($2 + $3)) failed"
exit $status
