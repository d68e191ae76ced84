#!/bin/sh
# ./build.sh TARGET ...
# ./build.sh TARGET --OPTION ...
# With BITCOINSOCK_BUILT set to anything it builds nothing: all is built, as Debug and as Release, and for Windows.
set -eu
cd "$(dirname "$0")"
self=./${0##*/}

build() {
    [ -n "${BITCOINSOCK_BUILT-}" ] || dotnet build "$@"
}

run() { # PROJECT ARGUMENT...: a program at full speed
    project=$1
    shift
    dotnet run -c Release ${BITCOINSOCK_BUILT:+--no-build} --project "$project" -- "$@"
}

target() {
    name=$1
    shift
    case $name in
    demo)   # show the library at work, on loopback; nothing else is needed
            dotnet run --project samples/PeerProbe -- demo "$@" ;;
    test)   # run the tests
            build BitcoinSock.sln
            dotnet test BitcoinSock.sln --no-build "$@" ;;
    properties) # the properties with a million random cases and more
            build tests/BitcoinSock.Properties.FSharp
            build/properties.sh ;;
    mutate) # change the library in one small place after another: do the tests notice?
            build BitcoinSock.sln
            build/mutate.sh "$@" ;;
    check)  # hold every backend of the library to the laws
            build BitcoinSock.sln
            sockcheck=models/BitcoinSock.Check/bin/Debug/net10.0/sockcheck
            $sockcheck
            $sockcheck --assembly samples/RingBackend/bin/Debug/net10.0/RingBackend.dll \
                --factory RingBackend.Backends.Ring ;;
    format) # bring the sources into shape; "./build.sh check-format" only looks
            dotnet tool restore
            dotnet csharpier format .
            dotnet fantomas . ;;
    check-format) # fail if a source is not as "format" would leave it
            dotnet tool restore
            dotnet csharpier check .
            dotnet fantomas --check . ;;
    bench)  # measure beside C and the base library: some minutes; "bench-quick" is shorter
            run bench/BitcoinSock.Bench run ;;
    bench-quick) # the same with an eighth of the bytes, three times
            run bench/BitcoinSock.Bench run --quick --rounds 3 ;;
    bench-readiness) # measure wake-ups by one of up to 10000 sockets, and interrupts
            run bench/BitcoinSock.Bench readiness ;;
    bench-readiness-quick) # the same with up to 1000 sockets
            run bench/BitcoinSock.Bench readiness --quick ;;
    bench-async) # measure what is awaited beside the base library, and what it costs while idle
            run bench/BitcoinSock.Bench async ;;
    bench-async-quick) # the same with a tenth of the round trips, and a fifth of the idle time
            run bench/BitcoinSock.Bench async --quick ;;
    bench-telemetry) # measure what telemetry costs: without it, while nobody listens, and on
            run bench/BitcoinSock.Bench telemetry ;;
    bench-telemetry-quick) # the same with an eighth of the bytes
            run bench/BitcoinSock.Bench telemetry --quick ;;
    bench-micro) # time and allocations of each operation, by BenchmarkDotNet
            run bench/BitcoinSock.Bench micro ;;
    plots)  # measure for the plots of docs/, and draw them with gnuplot
            build -c Release bench/BitcoinSock.Bench
            build/plots.sh ;;
    picture) # draw sockcheck at work, for docs/
            build BitcoinSock.sln
            build/picture.sh ;;
    calls)  # count system calls with strace and hold them to their bounds
            build tests/BitcoinSock.Unit
            build/calls.sh ;;
    faults) # fail system calls by strace, and send signals, under operations and a sample: some minutes
            build tests/BitcoinSock.Field
            build samples/PeerProbe
            build/faults.sh ;;
    networks) # cut links, kill, stop and slow down peers, between network namespaces
            build tests/BitcoinSock.Field
            build/networks.sh ;;
    peers)  # install and start i2pd, tor, microsocks and bcoin, and talk to them; then "wine"
            build samples/PeerProbe
            build/peers.sh
            target wine ;;
    windows) # build the tests and sockcheck for Windows, in artifacts/wine
            for each in tests/BitcoinSock.Unit tests/BitcoinSock.Properties.FSharp models/BitcoinSock.Check; do
                dotnet publish $each -r win-x64 --self-contained -o artifacts/wine
            done ;;
    wine)   # run the tests for Windows, and the laws, under Wine, which it installs
            [ -n "${BITCOINSOCK_BUILT-}" ] || target windows
            build/wine.sh ;;
    serve)  # a server and 5000 clients, some hostile, for a minute; every reply is checked
            run samples/LineServer load "$@" ;;
    pack)   # make the packages, in artifacts/ or, seen from this folder, where "--output DIR" says
            [ $# != 0 ] || set -- --output artifacts
            dotnet pack BitcoinSock.sln ${BITCOINSOCK_BUILT:+--no-build} "$@" ;;
    consumers) # make the packages, and use them from projects outside the tree
            dotnet pack BitcoinSock.sln ${BITCOINSOCK_BUILT:+--no-build} --output artifacts
            build/consumers.sh artifacts ;;
    docs)   # make the API reference, and the pages of docs/, by docfx: in artifacts/docs/site
            build models/BitcoinSock.Model
            [ -e artifacts/tools/docfx ] ||
                dotnet tool install docfx --version 2.81.0 --tool-path artifacts/tools
            artifacts/tools/docfx docs/docfx.json --warningsAsErrors ;;
    soak)   # random operations and faults on hundreds of connections, for five minutes
            run tests/BitcoinSock.Field soak "$@" ;;
    lock)   # write paket.lock anew from paket.dependencies
            dotnet msbuild build/packages.proj -t:Lock ;;
    esac
}

targets() {
    sed -n 's/^    \([a-z-]*\)) *# /    \1\t/p' "$0" | expand -t 28
}

usage() {
    [ $# = 0 ] || echo "build.sh: $1" >&2
    echo "usage: ./build.sh TARGET ..., or one TARGET and its options"
    targets
    exit 2
}

# "bench readiness" is the target bench-readiness.
if [ $# = 2 ] && [ "$1" = bench ]; then
    set -- "bench-$2"
fi
[ $# != 0 ] || usage
case ${2-} in
-*) # options, for the one target before them
    targets | grep -q "^    $1 " || usage "there is no target '$1'"
    sed -n "/^    $1)/,/;;/p" "$self" | grep -q '"$@"' || usage "'$1' takes no options"
    target "$@"
    exit ;;
esac
for each; do
    targets | grep -q "^    $each " || usage "there is no target '$each'"
done
for each; do
    target "$each"
done
