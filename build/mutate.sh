#!/bin/sh
# What the tests reach, and which small changes of the library they do not notice.
#   build/mutate.sh                   changes in Operations/ and NetworkError.cs, where all must be noticed
#   build/mutate.sh --all             in all of src: some hours
#   build/mutate.sh --only BEGINNING  in the files below src/BitcoinSock whose paths begin so
# Exit status: 0 if all is reached and noticed, but for what tests/BitcoinSock.Mutation/accepted.txt
# gives reasons for, and 90 % or more of the changes elsewhere are noticed.
set -eu
cd "$(dirname "$0")/.."

mutation=tests/BitcoinSock.Mutation/bin/Debug/net10.0/BitcoinSock.Mutation
case ${1-} in
--all) exec $mutation ;;
--only) exec $mutation "$2" ;;
esac

reached=artifacts/reached
rm -rf $reached
dotnet test tests/BitcoinSock.Unit --no-build --results-directory $reached \
    --collect "XPlat Code Coverage" -- \
    "DataCollectionRunSettings.DataCollectors.DataCollector.Configuration.Include=[BitcoinSock]*"
status=0
$mutation --reached $reached/*/coverage.cobertura.xml || status=1
$mutation Operations/ NetworkError.cs || status=1
exit $status
