using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// What all operations have in common: what is looked at first, when they wait and when not, on a
/// clock that only the test moves.
/// </summary>
public class PaceTests
{
    private const byte Newline = (byte)'\n';
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_line_that_is_complete_is_a_success_though_the_deadline_passed_meanwhile()
    {
        var sock = new ScriptedSock("line\n");
        sock.OnRecv = (_, asked) =>
        {
            sock.Clock.Advance(Second * 100);
            return SockResult.Ok(asked);
        };
        Assert.Equal("line", sock.RecvUntilTerminator(Newline, Second, default, 100));

        var sender = new ScriptedSock();
        sender.OnSend = (_, asked) =>
        {
            sender.Clock.Advance(Second * 100);
            return SockResult.Ok(asked);
        };
        Assert.True(sender.TrySendComplete("data"u8, Second).IsOk);
    }

    [Fact]
    public void A_line_that_is_complete_is_a_success_though_the_interrupt_fired_meanwhile()
    {
        var interrupt = new ThreadInterrupt();
        interrupt.Interrupt();
        var sock = new ScriptedSock("line\n");
        Assert.Equal("line", sock.RecvUntilTerminator(Newline, Second, interrupt, 100));
        Assert.True(new ScriptedSock().TrySendComplete("data"u8, Second, interrupt).IsOk);
    }

    [Fact]
    public void There_is_no_wait_after_the_last_byte()
    {
        var sock = new ScriptedSock("line\n");
        sock.RecvUntilTerminator(Newline, Second, default, 100);
        sock = new ScriptedSock("four");
        sock.RecvComplete(new byte[4], Second);
        Assert.Equal(0, sock.Waits);
    }

    [Fact]
    public void A_peer_that_trickles_does_not_hold_anybody_past_the_deadline()
    {
        var sock = new ScriptedSock(new string('x', 1000));
        sock.OnRecv = (_, _) =>
        {
            sock.Clock.Advance(Second / 20);
            return SockResult.Ok(1);
        };
        var failure = Assert.Throws<SockException>(() =>
            sock.RecvUntilTerminator(Newline, Second, default, 1000)
        );
        Assert.Equal(SockStatus.Timeout, failure.Status);
        Assert.Equal(10, failure.Received.Length); // two calls of 50 ms each, for a second
        Assert.Equal(10, sock.Consumed);

        var sender = new ScriptedSock();
        sender.OnSend = (_, _) =>
        {
            sender.Clock.Advance(Second / 20);
            return SockResult.Ok(1);
        };
        Assert.Equal(
            new SockOutcome(SockStatus.Timeout, 20, 0),
            sender.TrySendComplete(new byte[1000], Second)
        );
    }

    [Fact]
    public void A_peer_that_trickles_does_not_hold_anybody_past_an_interrupt()
    {
        var interrupt = new ThreadInterrupt();
        var sock = new ScriptedSock(new string('x', 1000));
        sock.OnRecv = (n, _) =>
        {
            if (n == 7)
            {
                interrupt.Interrupt();
            }

            return SockResult.Ok(1);
        };
        Assert.Equal(
            new SockOutcome(SockStatus.Interrupted, 4, 0),
            sock.TryRecvUntilTerminator(Newline, new byte[1000], Second, interrupt)
        );
    }

    [Fact]
    public void Interrupted_before_it_began_it_makes_one_try_and_no_wait()
    {
        var interrupt = new ThreadInterrupt();
        interrupt.Interrupt();
        var sock = new ScriptedSock();
        Assert.Equal(
            SockStatus.Interrupted,
            sock.TryRecvUntilTerminator(Newline, new byte[9], Second, interrupt).Status
        );
        Assert.Equal((1, 0), (sock.Recvs, sock.Waits));
    }

    [Fact]
    public void Zero_is_one_try_and_the_largest_timeout_does_not_overflow()
    {
        var sock = new ScriptedSock();
        Assert.Equal(SockStatus.Timeout, sock.TryRecvComplete(new byte[1], TimeSpan.Zero).Status);
        Assert.Equal((1, 0), (sock.Recvs, sock.Waits));

        foreach (TimeSpan longest in (TimeSpan[])[TimeSpan.MaxValue, Timeout.InfiniteTimeSpan])
        {
            sock = new ScriptedSock();
            sock.OnWait = (n, slice) =>
            {
                sock.Clock.Advance(slice * 1_000_000);
                return n < 5 ? SockResult.Ok(0) : SockResult.Fail(4711);
            };
            Assert.Equal(SockOutcome.Failed(4711), sock.TryRecvComplete(new byte[1], longest));
        }
    }

    [Fact]
    public void Only_steady_time_counts()
    {
        // ScriptedSock's wall clock jumps by decades at every look.
        var sock = new ScriptedSock("ab") { OnRecv = (_, _) => SockResult.Ok(1) };
        sock.OnWait = (_, slice) => sock.TimeOut(slice);
        Assert.Equal(
            new SockOutcome(SockStatus.Timeout, 2, 0),
            sock.TryRecvComplete(new byte[3], Second)
        );
        Assert.Equal(1, sock.Waits);
    }

    [Fact]
    public void A_clock_that_goes_back_loses_nothing()
    {
        var sock = new ScriptedSock("ab") { OnRecv = (_, _) => SockResult.Ok(1) };
        int waits = 0;
        sock.OnWait = (_, _) =>
        {
            sock.Clock.Advance(-Second);
            return ++waits < 3 ? SockResult.Ok(0) : SockResult.Fail(4711);
        };
        Assert.Equal(
            new SockOutcome(SockStatus.Failed, 2, 4711),
            sock.TryRecvComplete(new byte[3], TimeSpan.MaxValue)
        );
    }

    [Fact]
    public void A_wait_that_fails_for_good_ends_the_operation_with_its_code()
    {
        var sock = new ScriptedSock { OnWait = (_, _) => SockResult.Fail(4711) };
        Assert.Equal(SockOutcome.Failed(4711), sock.TryRecvComplete(new byte[1], Second));
        Assert.Equal(1, sock.Waits);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_wait_that_lies_or_is_always_interrupted_makes_no_hot_loop(bool lies)
    {
        var sock = new ScriptedSock();
        long start = TimeProvider.System.GetTimestamp();
        sock.OnWait = (_, _) =>
        {
            // The only time that passes is what the operation itself sleeps.
            sock.Clock.Advance(
                TimeProvider.System.GetElapsedTime(start) - sock.Clock.GetElapsedTime(0)
            );
            return lies ? SockResult.Ok(1) : SockResult.Fail(NetworkError.Interrupted);
        };
        Assert.Equal(
            SockStatus.Timeout,
            sock.TryRecvComplete(new byte[1], TimeSpan.FromMilliseconds(500)).Status
        );
        Assert.InRange(sock.Recvs, 10, 60);
    }

    [Fact]
    public void Three_waits_in_vain_are_free_and_the_pauses_after_them_grow_to_16_ms()
    {
        var pace = new Pace(Second, new ManualClock(), default);
        Assert.Equal([0, 0, 0, 2, 4, 8, 16, 16, 16], Pauses(ref pace, 9));
        Assert.Equal(SockOutcome.Ok(0), pace.Look(moved: false));
        Assert.Equal([16], Pauses(ref pace, 1));
        Assert.Equal(SockOutcome.Ok(0), pace.Look(moved: true));
        Assert.Equal([0, 0, 0, 2], Pauses(ref pace, 4));
    }

    [Fact]
    public void No_pause_goes_past_the_deadline()
    {
        var clock = new ManualClock();
        var pace = new Pace(TimeSpan.FromMilliseconds(10), clock, default);
        Assert.Equal([0, 0, 0, 2, 4, 8, 10, 10], Pauses(ref pace, 8));
        clock.Advance(TimeSpan.FromMilliseconds(9.5));
        Assert.Equal([1], Pauses(ref pace, 1));
        clock.Advance(TimeSpan.FromMilliseconds(0.5));
        Assert.Equal([0], Pauses(ref pace, 1));

        pace = new Pace(Timeout.InfiniteTimeSpan, clock, default);
        Assert.Equal([0, 0, 0, 2, 4, 8, 16, 16], Pauses(ref pace, 8));
    }

    [Fact]
    public void A_wait_that_took_its_time_was_not_in_vain()
    {
        var clock = new ManualClock();
        var pace = new Pace(Timeout.InfiniteTimeSpan, clock, default);
        Pauses(ref pace, 9);
        Deadline slice = pace.Slice();
        clock.Advance(slice.Remaining);
        Assert.False(pace.HasFailed(SockResult.Ok(0), slice, out int pauseMs));
        Assert.Equal(0, pauseMs);
        Assert.Equal([0, 0, 0, 2], Pauses(ref pace, 4));
    }

    [Fact]
    public void The_deadline_is_looked_at_before_the_interrupt()
    {
        var interrupt = new ThreadInterrupt();
        interrupt.Interrupt();
        var sock = new ScriptedSock();
        Assert.Equal(
            SockStatus.Timeout,
            sock.TryRecvComplete(new byte[1], TimeSpan.Zero, interrupt).Status
        );
    }

    private static int[] Pauses(ref Pace pace, int rounds)
    {
        int[] pauses = new int[rounds];
        foreach (ref int pauseMs in pauses.AsSpan())
        {
            Assert.False(pace.HasFailed(SockResult.Ok(1), pace.Slice(), out pauseMs));
        }

        return pauses;
    }

    [Fact]
    public void A_spurious_wake_up_costs_nothing()
    {
        var sock = new ScriptedSock("x");
        sock.OnRecv = (n, _) =>
            n <= 3 ? SockResult.Fail(NetworkError.WouldBlock) : SockResult.Ok(1);
        Assert.True(sock.TryRecvComplete(new byte[1], Second).IsOk);
        Assert.Equal(3, sock.Waits);
    }
}
