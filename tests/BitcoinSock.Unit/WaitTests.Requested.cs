using System.Diagnostics;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What a wait is for, and what it is not.</summary>
public partial class WaitTests
{
    // There is something to read and no room to send, so the one must not pass for the other.
    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void Only_what_is_requested_ends_a_wait_and_only_what_is_there_is_told(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Arrive(1);
        Fill(pair.Near);
        SockEvents occurred;
        Assert.Equal(0, pair.Near.Wait(Within.Brief, SockEvents.Send, out occurred).Count);
        Assert.Equal(SockEvents.None, occurred);
        const SockEvents Both = SockEvents.Recv | SockEvents.Send;
        Assert.Equal(1, pair.Near.Wait(Within.Long, Both, out occurred).Count);
        Assert.Equal(SockEvents.Recv, occurred);

        using var poller = new SockPoller();
        var ready = new ReadySock[1];
        poller.Add(pair.Near, SockEvents.Send);
        Assert.Equal(0, poller.Wait(ready, Within.Brief).Count);
        poller.Modify(pair.Near, Both);
        Assert.Equal(1, poller.Wait(ready, Within.Long).Count);
        Assert.Equal(SockEvents.Recv, ready[0].Occurred);
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void A_wait_for_no_socket_lasts_its_time(WaitMechanism mechanism)
    {
        long start = Stopwatch.GetTimestamp();
        Assert.Equal(SockResult.Ok(0), Platform.Current.Wait(mechanism, [], timeoutMs: 20));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(20));
    }

    // A wait would hide it, and turn in circles.
    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void A_platform_counts_nothing_that_nobody_asked_for(WaitMechanism mechanism)
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive(1);
        SockResult Look(SockEvents requested) =>
            Platform.Current.Wait(mechanism, [new PollEntry(pair.Near.Get(), requested)], 0);

        Assert.Equal(SockResult.Ok(0), Look(SockEvents.None));
        Assert.Equal(SockResult.Ok(1), Look(SockEvents.Recv));
        Fill(pair.Near);
        Assert.Equal(SockResult.Ok(0), Look(SockEvents.Send));
    }

    // WSAPoll tells of a hang-up then.
    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_peer_that_ended_its_side_makes_no_room_to_send(PairKind kind)
    {
        using var pair = new Pair(kind);
        Fill(pair.Near);
        Assert.Equal(SockResult.Ok(0), pair.Far.ShutdownSend());
        Assert.Equal(1, pair.Near.Wait(Within.Long, SockEvents.Recv, out _).Count);
        pair.Near.Wait(Within.Brief, SockEvents.Send, out SockEvents occurred);
        Assert.False(occurred.HasFlag(SockEvents.Send));
    }

    // The poller would hide it, and turn in circles.
    [Theory]
    [InlineData("best")]
    [InlineData("poll")]
    [InlineData("select")]
    public void A_queue_tells_nothing_that_nobody_asked_for(string way)
    {
        using EventQueue queue =
            way == "select" ? new ListQueue(WaitMechanism.Select)
            : way == "poll" ? new ListQueue(WaitMechanism.Poll)
            : Platform.Current.CreateEventQueue() ?? new ListQueue(WaitMechanism.Poll);
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive(1);
        Assert.Equal(SockResult.Ok(0), queue.Add(pair.Near.Get(), SockEvents.None, token: 1));
        Assert.Equal(SockResult.Ok(0), queue.Wait(new QueuedEvent[1], 0));
        Assert.Equal(SockResult.Ok(0), queue.Modify(pair.Near.Get(), SockEvents.Recv, token: 1));
        Assert.Equal(SockResult.Ok(1), queue.Wait(new QueuedEvent[1], 0));
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void Of_a_bad_descriptor_nothing_is_told_but_an_error(WaitMechanism mechanism)
    {
        var sock = new Sock(Descriptors.NeverOpen) { Mechanism = mechanism };
        const SockEvents Both = SockEvents.Recv | SockEvents.Send;
        Assert.Equal(
            SockResult.Fail(BadHandle),
            sock.Wait(Within.Long, Both, out SockEvents occurred)
        );
        Assert.Equal(SockEvents.Error, occurred);
        sock.Release();
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(int.MinValue)]
    [InlineData(0xFFFF_FFFF)]
    [InlineData(0x1_0000_0000)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void What_is_no_descriptor_is_a_bad_one_to_every_call(long value)
    {
        using var sock = new Sock(new CSocket((nint)value));
        SockResult bad = SockResult.Fail(BadHandle);
        Assert.Equal(bad, sock.Recv(new byte[1], SockFlags.DontWait));
        Assert.Equal(bad, sock.Send([1], SockFlags.DontWait | SockFlags.NoSignal));
        Assert.Equal(bad, sock.Listen(1));
        Assert.Equal(bad, sock.GetSockName(out _));
        Assert.Equal(bad, sock.SetNonBlocking());
        Assert.Equal(bad, sock.Accept(out _));
        Assert.Equal(bad, sock.ShutdownSend());
        foreach (WaitMechanism mechanism in Enum.GetValues<WaitMechanism>())
        {
            sock.Mechanism = mechanism;
            Assert.Equal(bad, sock.Wait(Within.Long, SockEvents.Recv, out SockEvents occurred));
            Assert.Equal(SockEvents.Error, occurred);
            using var byList = new SockPoller(mechanism);
            Assert.Throws<SockException>(() => byList.Add(sock, SockEvents.Recv));
        }

        using var poller = new SockPoller();
        Assert.Throws<SockException>(() => poller.Add(sock, SockEvents.Recv));
        using var failures = new CloseFailures();
        sock.Dispose();
        Assert.Equal(1, failures.Count);
    }

    [Property(Skip = "select(2) of Windows goes by numbers", SkipUnless = nameof(OnLinux))]
    public void Select_can_hold_descriptors_below_1024(Size size, bool isNegative)
    {
        int descriptor = isNegative ? ~size.Value : size.Value;
        Assert.Equal(
            descriptor is >= 0 and < 1024,
            Platform.Current.IsSelectable(new CSocket(descriptor))
        );
    }

    [Fact(Skip = "other systems have no such flag", SkipUnless = nameof(OnLinux))]
    public void An_operation_leaves_a_handle_blocking_and_a_call_without_DontWait_blocks()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        Assert.True(pair.Near.TrySendComplete("x"u8, Within.Long).IsOk);
        Assert.Equal(
            SockStatus.Timeout,
            pair.Near.TryRecvComplete(new byte[1], Within.Brief).Status
        );
        Assert.True(Descriptors.Blocks(pair.Near.Get()));
        var receiver = Background.Run(() => pair.Near.Recv(new byte[1], SockFlags.None));
        receiver.UntilBlocked();
        pair.Arrive(1);
        Assert.Equal(SockResult.Ok(1), receiver.Join());
        Fill(pair.Near);
        var sender = Background.Run(() => pair.Near.Send(new byte[1], SockFlags.NoSignal));
        sender.UntilBlocked();
        Assert.False(sender.HasEnded);
        while (!sender.HasEnded)
        {
            pair.Far.RecvNow();
        }

        Assert.Equal(SockResult.Ok(1), sender.Join());
        Assert.False(pair.Near.SetNonBlocking().IsError);
        Assert.False(Descriptors.Blocks(pair.Near.Get()));
    }

    [Fact(Skip = "counts descriptors in /proc", SkipUnless = nameof(OnLinux))]
    public void A_wait_that_was_interrupted_leaves_no_descriptor_behind()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        Interrupt(1);
        int before = Descriptors.CountHeld();
        Interrupt(2 * WakeUp.IdleMax);
        Assert.InRange(Descriptors.Count(), 0, before + 2 * WakeUp.IdleMax);

        void Interrupt(int times)
        {
            for (int i = 0; i < times; i++)
            {
                using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(2));
                SockResult result = pair.Near.Wait(Within.Long, SockEvents.Recv, out _, soon.Token);
                Assert.Equal(SockResult.Fail(NetworkError.Interrupted), result);
            }
        }
    }

    private static void Fill(Sock sock)
    {
        byte[] large = new byte[1_000_000];
        SockResult taken;
        do
        {
            taken = sock.Send(large, SockFlags.DontWait | SockFlags.NoSignal);
        } while (!taken.IsError || sock.Wait(Within.Brief, SockEvents.Send, out _).Count > 0);
    }
}
