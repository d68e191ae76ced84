#!/bin/sh
# Runs PeerProbe against real peers: the SAM bridge of i2pd, the control port of tor.
#
#   dotnet build samples/PeerProbe && build/peers.sh
#
# The peers run in a network namespace of their own, where there is nothing but loopback: they
# reach nobody, and every port is free. What is missing is installed, by root with apt-get.
# Exit status: 0 if every peer is there and answers, else 1.
set -u
cd "$(dirname "$0")/.." || exit 1
probe=samples/PeerProbe/bin/Debug/net10.0/PeerProbe.dll
listens_within=60 # seconds

fail() {
  echo "peers.sh: $1" >&2
  exit 1
}

missing() {
  for tool in i2pd tor ip; do
    command -v $tool >/dev/null || echo $tool | sed 's/^ip$/iproute2/'
  done
}

# apt-get starts the services it installs, on the real network, unless this file says no.
install() {
  policy=/usr/sbin/policy-rc.d
  [ -e $policy ] && policy= || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; }
  trap 'rm -f $policy' EXIT
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update && apt-get -qq install -y --no-install-recommends "$@"
  rm -f $policy
} >&2

if [ "${1-}" != --inside ]; then
  [ -f $probe ] || fail "PeerProbe is not built: dotnet build samples/PeerProbe"
  if [ -n "$(missing)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    install $(missing)
  fi
  [ "$(id -u)" = 0 ] && namespace=-n || namespace=-rn
  unshare $namespace true || fail "no network namespace without root here"
  exec unshare $namespace sh build/peers.sh --inside
fi

passed=0 failed=0 peer=
temp=$(mktemp -d) || exit 1

# Nothing of theirs is worth keeping, and nobody has to wait for them.
stop() {
  [ -n "$peer" ] && kill -KILL "$peer" && wait "$peer"
  peer=
} 2>/dev/null

trap 'stop; rm -rf "$temp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

report() {
  echo "peer $1: $2"
  [ "$2" = ok ] && passed=$((passed + 1)) || failed=$((failed + 1))
}

# try ASK PORT PROGRAM...: starts a peer, asks it by that command of PeerProbe, stops it.
try() {
  ask=$1 port=$2
  shift 2
  command -v "$1" >/dev/null || { report "$1" "missing (apt-get install $1)"; return; }
  mkdir -p "$temp/$1"
  "$@" >"$temp/$1.log" 2>&1 &
  peer=$!
  end=$(($(date +%s) + listens_within))
  # 3 is "no connection": not yet, as long as it lives.
  while
    dotnet $probe $ask 127.0.0.1:$port >"$temp/said" 2>&1
    code=$?
    [ $code = 3 ] && kill -0 $peer 2>/dev/null && [ "$(date +%s)" -lt $end ]
  do
    :
  done
  stop
  sed 's/^/  /' "$temp/said"
  [ $code = 0 ] || tail -n 20 "$temp/$1.log" | sed 's/^/  log: /'
  [ $code = 0 ] && report "$1" ok || report "$1" FAILED
}

ip link set lo up || fail "ip(8) is missing: apt-get install iproute2"
# At least one transport must stay enabled, or i2pd aborts.
try sam 7656 i2pd --datadir="$temp/i2pd" --loglevel=warn --log=stdout \
  --sam.enabled=1 --sam.address=127.0.0.1 --sam.port=7656 \
  --http.enabled=0 --httpproxy.enabled=0 --socksproxy.enabled=0 --nettime.enabled=0 \
  --reseed.threshold=0 --reseed.urls=https://127.0.0.1:9/ --reseed.yggurls=http://127.0.0.1:9/ \
  --ntcp2.enabled=1 --ntcp2.published=0 --ssu2.enabled=0
: >"$temp/torrc"
try tor 9051 tor -f "$temp/torrc" --DataDirectory "$temp/tor" --DisableNetwork 1 \
  --ControlPort 127.0.0.1:9051 --SocksPort 127.0.0.1:9050 --CookieAuthentication 0

echo "$passed passed, $failed failed"
[ $failed = 0 ]
