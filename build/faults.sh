#!/bin/sh
# Fails system calls by strace(1) under the library's operations and under a sample, and sends signals to
# threads that wait, send and receive; prints a row for each operation, call and code.
#
#   dotnet build tests/BitcoinSock.Field && dotnet build samples/PeerProbe && build/faults.sh
#
# Needs strace, and to be allowed to trace its own processes. Exit status: 0 if every row is there and as the
# rule says (tests/BitcoinSock.Field/Faults/Injection.cs), else 1.
set -u
cd "$(dirname "$0")/.." || exit 1
field=tests/BitcoinSock.Field/bin/Debug/net10.0/BitcoinSock.Field
probe=samples/PeerProbe/bin/Debug/net10.0/PeerProbe
for program in $field $probe; do
    [ -x $program ] || { echo "faults.sh: $program is not built: see the head of this file" >&2; exit 1; }
done
command -v strace >/dev/null || { echo "faults.sh: strace is missing: apt-get install strace" >&2; exit 1; }
said=$(mktemp)
trap 'rm -f "$said"' EXIT
# The runtime's own sockets, for debuggers, are none of ours.
export DOTNET_EnableDiagnostics=0
passed=0 failed=0

$field faults --sample $probe | sed -u '/ passed, /d' | tee "$said"
$field signals | sed -u '/ passed, /d' | tee -a "$said"

# expect ROW: whether a row that begins so is there, once, and right.
expect() {
    if [ "$(grep -cE "^$1 .*: ok$" "$said")" = 1 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "faults.sh: wrong or missing: $1"
    fi
}

# expect_all ERRORS: of each operation and call that is read, for each of the errors.
expect_all() {
    while IFS=: read -r operation calls; do
        for call in $calls; do
            for error in $1; do
                expect "fault $operation +$call +$error"
            done
        done
    done
}

expect_all "EINTR EAGAIN ENOBUFS ECONNRESET EPIPE ENOMEM" <<END
SendComplete, unix:sendto poll select
SendComplete, TCP:sendto
SendComplete, two parts:sendmsg
SendComplete, awaited:sendto
RecvComplete, unix:recvfrom poll select
RecvComplete, TCP:recvfrom
RecvUntilTerminator:recvfrom poll
RecvUntilTerminator, awaited:recvfrom epoll_ctl
FrameReader:recvfrom poll
ConnectComplete, TCP:connect poll
ConnectComplete, unix:connect
IsConnected:recvfrom
Interrupt\(\):sendto
SockPoller, interrupted:recvfrom
Wait:poll select
SockPoller:epoll_wait
PeerProbe sam:connect sendto recvfrom poll select
END
# Every call of the library that makes a descriptor, when none is left.
expect_all "EMFILE ENFILE" <<END
Create:socket
CreatePair, unix:socketpair
CreatePair, TCP:socket accept4
Accept:accept4
SockPoller:epoll_create1 socketpair
SockPoller, poll:socketpair
SockPoller, select:socketpair
Wait:socketpair
Sock.From:openat
END
for error in EINTR EAGAIN ENOBUFS ECONNRESET EPIPE ENOMEM EMFILE ENFILE \
    ECONNABORTED ENETDOWN EPROTO ENOPROTOOPT EHOSTDOWN ENONET EHOSTUNREACH EOPNOTSUPP ENETUNREACH; do
    expect "fault AcceptComplete +accept4 +$error"
done
for mechanism in Poll Select; do
    for operation in "Wait in vain" "RecvComplete in vain" "SendComplete in vain" SendComplete RecvComplete \
        ConnectComplete; do
        expect "signal $operation, $mechanism"
    done
done
expect "signal SockPoller in vain, epoll"
expect "signal Recv, a call by itself"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
