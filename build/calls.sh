#!/bin/sh
# Counts the system calls of jobs in SystemCallTests, from outside: that number does not lie.
#
#   dotnet build tests/BitcoinSock.Unit && build/calls.sh
#
# Needs strace. Exit status: 0 if every count is within its bound, else 1.
set -eu
cd "$(dirname "$0")/.."
tests=tests/BitcoinSock.Unit/bin/Debug/net10.0/BitcoinSock.Unit
command -v strace >/dev/null || { echo "calls.sh: strace is missing: apt-get install strace" >&2; exit 1; }
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
passed=0 failed=0

# at_most NAME BOUND CALL TEST: how often TEST makes CALL.
at_most() {
    strace -f -qq -c -e trace="$3" -o "$counts" "$tests" -method "BitcoinSock.Unit.SystemCallTests.$4" \
        >/dev/null || { echo "calls $1: the test itself failed"; failed=$((failed + 1)); return; }
    count=$(awk -v call="$3" '$NF == call { print $4 }' "$counts")
    if [ -n "$count" ] && [ "$count" -le "$2" ]; then
        verdict=ok passed=$((passed + 1))
    else
        verdict=FAILED failed=$((failed + 1))
    fi
    echo "calls $1: ${count:-no} $3, at most $2: $verdict"
}

at_most "1000 short lines that are there" 2000 recvfrom A_thousand_short_lines_that_are_there

echo "$passed passed, $failed failed"
[ $failed = 0 ]
