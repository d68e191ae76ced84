using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What is an error event, the same by poll(2), select(2) and WSAPoll.</summary>
public partial class WaitTests
{
    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_hang_up_is_an_error_event_that_nobody_asked_for(PairKind kind)
    {
        using var pair = new Pair(kind);
        SockEvents occurred;
        Assert.Equal(
            SockResult.Ok(0),
            pair.Near.Wait(TimeSpan.Zero, SockEvents.Recv | SockEvents.Error, out occurred)
        );
        pair.Near.ShutdownSend();
        pair.Far.Dispose(); // both sides have ended
        foreach (SockEvents requested in (SockEvents[])[SockEvents.None, SockEvents.Recv])
        {
            Assert.Equal(SockResult.Ok(1), pair.Near.Wait(Within.Long, requested, out occurred));
            Assert.Equal(requested | SockEvents.Error, occurred);
        }
    }

    // By select(2) at the end of a slice, if it is not waited for receiving.
    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_hang_up_that_comes_into_a_wait_ends_it_whatever_that_is_for(PairKind kind)
    {
        foreach (SockEvents requested in (SockEvents[])[SockEvents.None, SockEvents.Recv])
        {
            using var pair = new Pair(kind);
            pair.Near.ShutdownSend();
            var occurred = SockEvents.None;
            var waiter = Background.Run(() => pair.Near.Wait(Within.Long, requested, out occurred));
            waiter.UntilBlocked();
            long start = Stopwatch.GetTimestamp();
            pair.Far.Dispose();
            Assert.Equal(SockResult.Ok(1), waiter.Join());
            Assert.Equal(requested | SockEvents.Error, occurred);
            Assert.True(Stopwatch.GetElapsedTime(start) < 2 * Sock.MaxWaitForIo);
        }
    }

    [Theory(
        Skip = "Wine 8 tells a reset as the end",
        SkipType = typeof(Wine),
        SkipWhen = nameof(Wine.IsHere)
    )]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_reset_is_an_error_event(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Near.SendComplete("unread", Within.Long);
        pair.Far.Wait(Within.Long, SockEvents.Recv, out _);
        pair.Far.Dispose(); // with unread input
        Assert.Equal(
            SockResult.Ok(1),
            pair.Near.Wait(Within.Long, SockEvents.Recv, out SockEvents occurred)
        );
        Assert.Equal(SockEvents.Recv | SockEvents.Error, occurred);
    }

    [Theory]
    [InlineData(WaitMechanism.Poll)]
    [InlineData(WaitMechanism.Select)]
    public void A_connect_that_failed_is_an_error_event_beside_the_others(WaitMechanism mechanism)
    {
        using Sock client = Sock.Create(AddressFamily.InterNetwork);
        using Sock closed = Sock.Create(AddressFamily.InterNetwork);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0)).ThrowIfError("bind"); // does not listen
        closed.GetSockName(out EndPoint? address).ThrowIfError("getsockname");
        client.Mechanism = mechanism;
        client.SetNonBlocking();
        Assert.True(client.Connect(address!).IsError);
        Assert.Equal(
            SockResult.Ok(1),
            client.Wait(Within.Long, SockEvents.Send, out SockEvents occurred)
        );
        Assert.Equal(SockEvents.Send | SockEvents.Error, occurred);
    }

    [Theory]
    [InlineData(WaitMechanism.Poll)]
    [InlineData(WaitMechanism.Select)]
    public void Urgent_data_is_no_error_event_and_ends_no_wait(WaitMechanism mechanism)
    {
        using var pair = new Pair(PairKind.TcpByPoll);
        pair.Near.Mechanism = mechanism;
        using Socket far = pair.Far.ToSocket();
        Assert.Equal(1, far.Send([1], SocketFlags.OutOfBand));
        foreach (SockEvents requested in (SockEvents[])[SockEvents.None, SockEvents.Recv])
        {
            Assert.Equal(
                SockResult.Ok(0),
                pair.Near.Wait(Within.Brief, requested, out SockEvents occurred)
            );
            Assert.Equal(SockEvents.None, occurred);
        }

        using var poller = new SockPoller(mechanism);
        poller.Add(pair.Near, SockEvents.Recv);
        Assert.Equal(SockResult.Ok(0), poller.Wait(new ReadySock[1], Within.Brief));

        var sock = new CountedWaits(pair.Near);
        Assert.Equal(SockStatus.Timeout, sock.TryRecvComplete(new byte[1], Within.Brief).Status);
        Assert.InRange(sock.Waits, 1, 3);
    }

    private sealed class CountedWaits(Sock sock) : ISockRecv, ISockWait
    {
        public int Waits { get; private set; }

        public SockResult Recv(Span<byte> buffer, SockFlags flags) => sock.Recv(buffer, flags);

        public SockResult Wait(
            TimeSpan timeout,
            SockEvents requested,
            out SockEvents occurred,
            CancellationToken interrupt = default
        )
        {
            Waits++;
            return sock.Wait(timeout, requested, out occurred, interrupt);
        }
    }
}
