using System.Diagnostics.Tracing;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// What users of such sockets suffer elsewhere, where no other test stands for it already:
/// <list type="bullet">
/// <item>Core: Wait fails on EINTR; POLLNVAL is an early timeout; select's limit: WaitTests.</item>
/// <item>Core: two classifiers: NetworkErrorTests. Deadlines on a wall clock: PaceTests.</item>
/// <item>Core: consumed bytes lost on timeout, interrupt and limit:
/// RecvUntilTerminatorTests.</item>
/// <item>Core: connect not interruptible: ConnectCompleteTests. A second's delay:
/// InterruptTests.</item>
/// <item>Rust: a line lost or waited after; trickling bytes hide the deadline: PaceTests.</item>
/// <item>Rust: an interrupt that nobody else can raise: InterruptTests. No traits:
/// BackendTests.</item>
/// <item>.NET: sends that fail without a count: SendCompleteTests. Poll's range: WaitTests.</item>
/// <item>.NET: Connected after the peer closed: IsConnectedTests.</item>
/// </list>
/// </summary>
[Alone]
public class KnownDefectsTests
{
    [Fact]
    public void An_empty_send_does_not_consult_a_stale_error()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        Assert.True(new Sock().Recv(new byte[1]).IsError);
        Assert.Equal(SockOutcome.Ok(0), pair.Near.TrySendComplete([], TimeSpan.Zero));
        Assert.Equal(SockOutcome.Ok(0), pair.Near.TrySendComplete("", Within.Long));
    }

    [Fact]
    public void A_listener_to_telemetry_that_fails_calls_of_its_own_changes_no_error()
    {
        using var listener = new ClobberingListener();
        using var pair = new Pair(PairKind.TcpByPoll);
        pair.Far.Dispose();
        var unread = new Sock(new CSocket(1_000_000));
        unread.Dispose(); // reported to the listener
        Assert.True(listener.WasCalled);
        SockResult refused = new Sock().Send([1]);
        Assert.Equal(refused.Error, NetworkError.LastSocketError());
        unread = new Sock(new CSocket(1_000_000));
        unread.Dispose();
        Assert.Equal(refused.Error, NetworkError.LastSocketError());
    }

    [Fact]
    public void A_reply_in_two_parts_is_not_taken_for_a_shorter_one()
    {
        // SOCKS5: "05 02" asks for a password; read as "05" and a zero it would be "no password".
        using var pair = new Pair(PairKind.TcpByPoll);
        pair.Arrive(5);
        byte[] reply = new byte[2];
        Assert.Equal(
            new SockOutcome(SockStatus.Timeout, 1, 0),
            pair.Near.TryRecvComplete(reply, Within.Brief)
        );
        pair.Arrive(2);
        pair.Near.RecvComplete(reply.AsSpan(1), Within.Long);
        Assert.Equal([5, 2], reply);
    }

    [Fact]
    public void The_end_of_the_stream_ends_every_read_and_stays_the_end()
    {
        using var pair = new Pair(PairKind.TcpByPoll);
        pair.Far.Dispose();
        for (int i = 0; i < 3; i++)
        {
            SockOutcome closed = SockOutcome.End(SockStatus.Closed);
            Assert.Equal(closed, pair.Near.TryRecvComplete(new byte[4], Within.Long));
            Assert.Equal(closed, pair.Near.TryRecvUntilTerminator(0, new byte[4], Within.Long));
        }
    }

    [Fact]
    public void The_last_reply_before_a_hang_up_is_read()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("250 closing connection\r\n"u8);
        pair.Far.Dispose();
        Assert.Equal(
            "250 closing connection\r",
            pair.Near.RecvUntilTerminator((byte)'\n', Within.Long, default, 100)
        );
    }

    [Fact]
    public void Twenty_megabytes_with_a_cancellation_are_accounted_for()
    {
        using var pair = new Pair(PairKind.TcpByPoll);
        using var source = new CancellationTokenSource(Within.Brief);
        var failure = Assert.Throws<SockInterruptedException>(() =>
            pair.Near.SendComplete(new byte[20_000_000], Within.Long, source.Token)
        );
        Assert.InRange(failure.Count, 1, 19_999_999);
        Assert.Equal(failure.Count, pair.DrainFar().Length);
    }

    [Fact]
    public void An_operation_on_a_closed_descriptor_makes_one_call_and_ends()
    {
        var sock = new ScriptedSock { OnRecv = (_, _) => SockResult.Fail(SocketError.NotSocket) };
        Assert.Equal(SockStatus.Failed, sock.TryRecvComplete(new byte[1], Within.Long).Status);
        Assert.Equal((1, 0), (sock.Recvs, sock.Waits));
        Assert.Equal(
            SockOutcome.Failed(NetworkError.BadHandle),
            new Sock().TryRecvUntilTerminator(0, new byte[1], Within.Long)
        );
    }

    private sealed class ClobberingListener : EventListener
    {
        public bool WasCalled { get; private set; }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "BitcoinSock")
            {
                EnableEvents(eventSource, EventLevel.Verbose);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            Marshal.SetLastSystemError(1);
            Marshal.SetLastPInvokeError(1);
            WasCalled = true;
        }
    }
}
