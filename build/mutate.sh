#!/bin/sh
# What the tests reach, and which small changes of the library they do not notice.
#   build/mutate.sh                   in all of src: an hour
#   build/mutate.sh --sample          in places that the commit draws, for three minutes
#   build/mutate.sh --only BEGINNING  in the files below src/BitcoinSock whose paths begin so
# Exit status: 0 if all is reached and noticed that must be, but for what
# tests/BitcoinSock.Mutation/accepted.txt gives reasons for, and 90 % or more of all changes.
set -eu
cd "$(dirname "$0")/.."

mutation=tests/BitcoinSock.Mutation/bin/Debug/net10.0/BitcoinSock.Mutation
case ${1-} in
--only) exec $mutation "$2" ;;
--sample) set -- --sample "$(git rev-parse HEAD)" ;;
esac

reached=artifacts/reached
rm -rf $reached
# What counts is what they reach: tests that have few descriptors, or ask what is loaded, are disturbed by what counts.
dotnet test --project tests/BitcoinSock.Unit --no-build --results-directory $reached \
    --coverlet --coverlet-include "[BitcoinSock]*" --coverlet-output-format cobertura || true
status=0
$mutation --reached $reached/coverage.cobertura*.xml || status=1
$mutation "$@" || status=1
exit $status
