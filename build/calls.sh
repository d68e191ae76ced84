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

# 400 lines of 256 bytes, all there before the first is read: a peek and a recv each; one peek for
# a window of 256 lines; a peek and a recv for each such window.
at_most "RecvUntilTerminator, 400 lines" 800 recvfrom Lines_that_are_there_one_by_one
at_most "FrameReader, 400 lines" 402 recvfrom Lines_that_are_there_by_a_reader
at_most "FrameReader, 400 lines in batches" 4 recvfrom Lines_that_are_there_in_batches
at_most "FrameReader, 400 lines deferred" 4 recvfrom Lines_that_are_there_deferred
# 400 headers and payloads.
at_most "SendComplete of two buffers, 400 times" 400 sendmsg Messages_of_header_and_payload

echo "$passed passed, $failed failed"
[ $failed = 0 ]
