#!/bin/sh
# Runs PeerProbe against real peers: the SAM bridge of i2pd, the control port of tor, the SOCKS5 proxy
# microsocks, the Bitcoin node bcoin on regtest; and against that node through that proxy.
#
#   dotnet build samples/PeerProbe && build/peers.sh
#
# The peers run in a network namespace of their own, where there is nothing but loopback: they
# reach nobody, and every port is free. What is missing is installed before: by root with apt-get, and
# bcoin by npm into artifacts/ (nothing of it is run by that).
# Exit status: 0 if every peer is there and answers as it should, else 1.
set -u
cd "$(dirname "$0")/.." || exit 1
probe=samples/PeerProbe/bin/Debug/net10.0/PeerProbe.dll
bcoin=artifacts/bcoin
listens_within=60 # seconds

fail() {
  echo "peers.sh: $1" >&2
  exit 1
}

missing() {
  for each in i2pd:i2pd tor:tor microsocks:microsocks ip:iproute2 node:nodejs npm:npm; do
    command -v ${each%:*} >/dev/null || echo ${each#*:}
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

# The leveldown that bcoin asks for needs a compiler, and is of no use to a node that keeps all in memory.
install_bcoin() {
  rm -rf $bcoin.new
  mkdir -p $bcoin.new
  cat >$bcoin.new/package.json <<'JSON'
{
  "private": true,
  "dependencies": { "bcoin": "1.0.2" },
  "overrides": { "leveldown": "6.1.1" }
}
JSON
  (cd $bcoin.new && npm install --ignore-scripts --no-package-lock --no-audit --no-fund) &&
    mv $bcoin.new $bcoin
} >&2

if [ "${1-}" != --inside ]; then
  [ -f $probe ] || fail "PeerProbe is not built: dotnet build samples/PeerProbe"
  if [ -n "$(missing)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    install $(missing)
  fi
  [ -d $bcoin ] || install_bcoin || echo "peers.sh: npm could not install bcoin" >&2
  [ "$(id -u)" = 0 ] && namespaces=-nm || namespaces=-rnm
  unshare $namespaces true || fail "no network namespace without root here"
  exec unshare $namespaces sh build/peers.sh --inside
fi

passed=0 failed=0 verdict=ok
temp=$(mktemp -d) || exit 1

# Nothing of theirs is worth keeping, and nobody has to wait for them.
stop() {
  for pid in "$temp"/*.pid; do
    [ -e "$pid" ] && kill -KILL "$(cat "$pid")"
  done
  wait
} 2>/dev/null

trap 'stop; rm -rf "$temp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# start PEER PROGRAM...
start() {
  name=$1
  shift
  mkdir -p "$temp/$name"
  "$@" >"$temp/$name.log" 2>&1 &
  echo $! >"$temp/$name.pid"
}

lives() {
  kill -0 "$(cat "$temp/$1.pid")" 2>/dev/null
}

# ask PEER STATUS ARGUMENT...: runs PeerProbe, which must end so. 3 is "no connection": not yet, as
# long as the peer lives.
ask() {
  name=$1 expected=$2
  shift 2
  end=$(($(date +%s) + listens_within))
  while
    dotnet $probe "$@" >"$temp/said" 2>&1
    status=$?
    [ $status = 3 ] && lives "$name" && [ "$(date +%s)" -lt $end ]
  do
    :
  done
  echo "PeerProbe $*"
  sed 's/^/  /' "$temp/said"
  if [ $status != "$expected" ]; then
    echo "  exit status $status instead of $expected"
    verdict=FAILED
  fi
}

# report PEER PROCESS...: of all that it was asked since the last report; its processes must live.
report() {
  for name; do
    lives "$name" || { echo "  $name has ended"; verdict=FAILED; }
  done
  for name; do
    [ $verdict = ok ] || tail -n 20 "$temp/$name.log" | sed "s/^/  log of $name: /"
  done
  echo "peer $1: $verdict"
  [ $verdict = ok ] && passed=$((passed + 1)) || failed=$((failed + 1))
  verdict=ok
}

ip link set lo up || fail "ip(8) is missing: apt-get install iproute2"
echo "127.0.0.1 localhost node.test" >"$temp/hosts"
mount --bind "$temp/hosts" /etc/hosts || fail "cannot give the namespace its names"
: >"$temp/torrc"

# At least one transport must stay enabled, or i2pd aborts.
start i2pd i2pd --datadir="$temp/i2pd" --loglevel=warn --log=stdout \
  --sam.enabled=1 --sam.address=127.0.0.1 --sam.port=7656 \
  --http.enabled=0 --httpproxy.enabled=0 --socksproxy.enabled=0 --nettime.enabled=0 \
  --reseed.threshold=0 --reseed.urls=https://127.0.0.1:9/ --reseed.yggurls=http://127.0.0.1:9/ \
  --ntcp2.enabled=1 --ntcp2.published=0 --ssu2.enabled=0
start tor tor -f "$temp/torrc" --DataDirectory "$temp/tor" --DisableNetwork 1 \
  --ControlPort 127.0.0.1:9051 --SocksPort 0 --CookieAuthentication 0
start tor-cookie tor -f "$temp/torrc" --DataDirectory "$temp/tor-cookie" --DisableNetwork 1 \
  --ControlPort 127.0.0.1:9151 --SocksPort 0 --CookieAuthentication 1 \
  --CookieAuthFile "$temp/tor-cookie/a \"cookie\""
start socks5 microsocks -i 127.0.0.1 -p 1080
start socks5-login microsocks -i 127.0.0.1 -p 1081 -u probe -P secret
start bcoin env NODE_BACKEND=js node $bcoin/node_modules/bcoin/bin/node --network=regtest \
  --memory=true --prefix="$temp/bcoin" --listen=true --host=127.0.0.1 --port=18444 \
  --http-host=127.0.0.1 --http-port=18443 --no-auth --only=127.0.0.1:1

ask tor 0 tor 127.0.0.1:9051
ask tor-cookie 0 tor 127.0.0.1:9151
report tor tor-cookie

ask bcoin 0 bitcoin 127.0.0.1:18444 --network regtest
ask bcoin 6 bitcoin 127.0.0.1:18444 --network main
report bcoin

export PEERPROBE_PASSWORD=secret
ask socks5 0 socks5 127.0.0.1:1080 127.0.0.1:18444
ask socks5 0 bitcoin node.test:18444 --network regtest --proxy 127.0.0.1:1080
ask socks5-login 0 bitcoin node.test:18444 --network regtest --proxy 127.0.0.1:1081 --user probe
ask socks5-login 8 socks5 127.0.0.1:1081 127.0.0.1:18444
ask socks5-login 8 socks5 127.0.0.1:1081 127.0.0.1:18444 --user nobody
ask socks5 8 socks5 127.0.0.1:1080 127.0.0.1:1
report socks5 socks5-login

ask i2pd 0 sam 127.0.0.1:7656
report i2pd

echo "$passed passed, $failed failed"
[ $failed = 0 ]
