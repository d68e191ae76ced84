#!/bin/sh
# Draws sockcheck at work, in docs/sockcheck.svg: what it really prints, as a terminal shows it.
#
#   ./build.sh picture
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/models/BitcoinSock.Check/bin/Debug/net10.0:$PATH
tests=tests/BitcoinSock.Properties.FSharp/bin/Debug/net10.0
text=$(mktemp)
trap 'rm -f "$text"' EXIT

# shown COMMAND...: the command and what it prints; it may end with a failure, that is what is shown.
shown() {
    echo "\$ $*"
    "$@" || true
    echo
}

(
    shown sockcheck Sock-tcp-poll --law 3 --law 5 --law 6 --law 10 --law 13 --law 36
    cd $tests
    shown sockcheck --assembly BitcoinSock.Properties.FSharp.dll \
        --factory BitcoinSock.Properties.WrongBackends.peekThatPads --law 3 --law 5 --seed 2026
) >"$text"

# A terminal of 100 columns.
fold -w 100 "$text" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' | awk '
    BEGIN { step = 17 }
    { lines[++count] = $0; if (length($0) > widest) widest = length($0) }
    END {
        width = widest * 7.9 + 32; height = count * step + 24
        printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" ", width, height
        print "font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"13\">"
        print "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>"
        for (i = 1; i <= count; i++) {
            colour = "#d7dae0"
            if (lines[i] ~ /^\$/) colour = "#8ab4f8"
            if (lines[i] ~ /^passed|^backend.* 0 failed/) colour = "#81c995"
            if (lines[i] ~ /^FAILED|^backend.* [1-9][0-9]* failed/) colour = "#f28b82"
            printf "<text x=\"16\" y=\"%d\" fill=\"%s\" xml:space=\"preserve\">%s</text>\n", \
                i * step + 8, colour, lines[i]
        }
        print "</svg>"
    }' >docs/sockcheck.svg
echo "drawn: docs/sockcheck.svg"
