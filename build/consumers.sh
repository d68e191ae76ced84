#!/bin/sh
# Uses the packages as others do: projects in C# and F# outside this tree, one of them compiled to
# native code, which takes a C compiler; and the tool.
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
mkdir "$temp/CSharp" "$temp/FSharp" "$temp/Native"
cp global.json "$temp" # how tests are run
cp tests/Consumers/CSharp/*.cs* samples/RingBackend/*.cs "$temp/CSharp" # not obj/, which Paket makes
cp tests/Consumers/FSharp/*.fs* "$temp/FSharp"
cp tests/Consumers/Native/*.cs* "$temp/Native"
cd "$temp"

# Every build of the packages has the same version: none of an earlier one may be in the cache.
export NUGET_PACKAGES="$temp/cache" RestoreAdditionalProjectSources="$packages"

echo "-- C#: a line, the laws over a backend of its own, and the meter for OpenTelemetry"
dotnet test --project CSharp
echo "-- F#: a protocol under faults, and the laws over the simulated channel"
dotnet run --project FSharp
echo "-- C#, compiled to native code: operations and telemetry"
dotnet publish Native --use-current-runtime -o native
native/Consumer
echo "-- what the library brings along: nothing"
if grep '<dependency ' cache/bitcoinsock/*/bitcoinsock.nuspec; then
    exit 1
fi
echo "-- the tool, asked about that backend"
dotnet tool install sockcheck --tool-path tools --version 0.1.0 --add-source "$packages"
tools/sockcheck --assembly CSharp/bin/Debug/net10.0/Consumer.dll --factory RingBackend.Backends.Ring
