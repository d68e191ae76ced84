#!/bin/sh
# Measures what docs/*.svg show and draws them.
#
#   dotnet build -c Release bench/BitcoinSock.Bench && build/plots.sh
#
# Needs cc and gnuplot. The figures stay in bench/data, a table each, for other plots.
set -eu
cd "$(dirname "$0")/.."
if ! command -v gnuplot >/dev/null; then
    echo "plots.sh: gnuplot is missing: apt-get install gnuplot-nox" >&2
    exit 1
fi
bench=bench/BitcoinSock.Bench/bin/Release/net10.0/BitcoinSock.Bench
$bench sweep bench/data --rounds 3
$bench readiness --data bench/data
$bench async --data bench/data
for plot in throughput window linear readiness async; do
    gnuplot bench/plots/common.gnuplot bench/plots/$plot.gnuplot
    echo "drawn: docs/$plot.svg"
done
