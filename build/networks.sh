#!/bin/sh
# Two network namespaces joined by a veth(4) pair, in which links are cut and peers are killed, stopped and slow.
#
#   dotnet build tests/BitcoinSock.Field && build/networks.sh
#
# Needs ip(8) of iproute2, and unshare(1) and nsenter(1) of util-linux. The namespaces have no name: they are gone
# with the last process in them. Exit status: 0 if every scenario ends as it should, else 1.
set -u
cd "$(dirname "$0")/.." || exit 1
field=tests/BitcoinSock.Field/bin/Debug/net10.0/BitcoinSock.Field

fail() {
    echo "networks.sh: $1" >&2
    exit 1
}

if [ "${1-}" != --inside ]; then
    [ -x $field ] || fail "$field is not built: dotnet build tests/BitcoinSock.Field"
    command -v ip >/dev/null || fail "ip(8) is missing: apt-get install iproute2"
    [ "$(id -u)" = 0 ] && namespace=-n || namespace=-rn
    unshare $namespace true || fail "no network namespace without root here"
    exec unshare $namespace sh build/networks.sh --inside
fi

# Keeps the far namespace.
unshare -n sleep 600 &
far=$!
trap 'kill "$far" 2>/dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
here=$(readlink /proc/$$/ns/net)
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(readlink /proc/$far/ns/net)" = "$here" ] || break
    sleep 0.2
done

# Known link addresses: a neighbour that cannot be found would be an error of its own (EHOSTUNREACH).
near_mac=02:00:00:00:00:01 far_mac=02:00:00:00:00:02
ip link set lo up &&
    ip link add near address $near_mac type veth peer name far address $far_mac netns "$far" &&
    ip address add 192.0.2.1/24 dev near &&
    ip link set near up &&
    nsenter --target "$far" --net ip address add 192.0.2.2/24 dev far &&
    nsenter --target "$far" --net ip link set far up &&
    ip neighbour replace 192.0.2.2 lladdr $far_mac dev near nud permanent || fail "no veth(4) here"

$field networks --far "$far"
