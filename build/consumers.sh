#!/bin/sh
# Uses the packages as others do: two projects, in C# and in F#, outside this tree, and the tool.
#
#   ./build.sh pack --output DIR && build/consumers.sh DIR
#
# The projects see the packages of DIR and whatever feeds NuGet is configured for, nothing else of
# this tree. Exit status: 0 if all of them build and pass.
set -eu
packages=$(cd "${1:?usage: build/consumers.sh DIR}" && pwd)
cd "$(dirname "$0")/.."
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
mkdir "$temp/CSharp" "$temp/FSharp"
cp tests/Consumers/CSharp/*.cs* samples/RingBackend/*.cs "$temp/CSharp" # not obj/, which Paket makes
cp tests/Consumers/FSharp/*.fs* "$temp/FSharp"
cd "$temp"

# Every build of the packages has the same version: none of an earlier one may be in the cache.
export NUGET_PACKAGES="$temp/cache" RestoreAdditionalProjectSources="$packages"

echo "-- C#: a line, and the laws over a backend of its own"
dotnet test CSharp
echo "-- F#: a protocol under faults, and the laws over the simulated channel"
dotnet run --project FSharp
echo "-- the tool, asked about that backend"
dotnet tool install sockcheck --tool-path tools --version 0.1.0 --add-source "$packages"
tools/sockcheck --assembly CSharp/bin/Debug/net10.0/Consumer.dll --factory RingBackend.Backends.Ring
