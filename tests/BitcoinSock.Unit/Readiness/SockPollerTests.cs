using Xunit;

namespace BitcoinSock.Unit;

[Alone]
public partial class SockPollerTests
{
    public static TheoryData<string> Ways => ["best", "poll", "select"];

    [Theory]
    [MemberData(nameof(Ways))]
    public void It_tells_of_those_that_are_ready_with_their_state(string way)
    {
        using SockPoller poller = Make(way);
        using var idle = new Pair(PairKind.UnixByPoll);
        using var busy = new Pair(PairKind.TcpByPoll);
        poller.Add(idle.Near, SockEvents.Recv, "idle");
        poller.Add(busy.Near, SockEvents.Recv, "busy");
        var ready = new ReadySock[10];
        Assert.Equal(SockResult.Ok(0), poller.Wait(ready, TimeSpan.Zero));

        busy.Arrive("x"u8);
        ReadySock expected = new(busy.Near, SockEvents.Recv, "busy");
        for (int level = 0; level < 3; level++)
        {
            Assert.Equal(SockResult.Ok(1), poller.Wait(ready, Within.Long));
            Assert.Equal(expected, ready[0]);
        }

        busy.Near.RecvNow();
        Assert.Equal(SockResult.Ok(0), poller.Wait(ready, TimeSpan.FromMilliseconds(5)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_is_waited_for_can_be_changed_and_ended(string way)
    {
        using SockPoller poller = Make(way);
        using var pair = new Pair(PairKind.UnixByPoll);
        var ready = new ReadySock[1];
        poller.Add(pair.Near, SockEvents.Send | SockEvents.Recv);
        Assert.Equal(1, poller.Wait(ready, Within.Long).Count);
        Assert.Equal(SockEvents.Send, ready[0].Occurred);
        Assert.True(poller.Modify(pair.Near, SockEvents.Recv));
        Assert.Equal(0, poller.Wait(ready, TimeSpan.Zero).Count);
        pair.Arrive("x"u8);
        Assert.Equal(1, poller.Wait(ready, Within.Long).Count);
        Assert.True(poller.Remove(pair.Near));
        Assert.Equal(0, poller.Wait(ready, TimeSpan.Zero).Count);
        Assert.False(poller.Remove(pair.Near));
        Assert.False(poller.Modify(pair.Near, SockEvents.Recv));
        Assert.Equal(0, poller.Count);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_hang_up_is_told_whatever_was_asked(string way)
    {
        using SockPoller poller = Make(way);
        using var pair = new Pair(PairKind.UnixByPoll);
        poller.Add(pair.Near, SockEvents.Recv);
        pair.Arrive("last"u8);
        pair.Far.Dispose();
        var ready = new ReadySock[1];
        Assert.Equal(1, poller.Wait(ready, Within.Long).Count);
        Assert.Equal(SockEvents.Recv, ready[0].Occurred & SockEvents.Recv);
        Assert.Equal("last"u8, pair.Near.RecvNow());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void An_interrupt_wakes_it_and_it_waits_again_afterwards(string way)
    {
        using SockPoller poller = Make(way);
        using var pair = new Pair(PairKind.UnixByPoll);
        poller.Add(pair.Near, SockEvents.Recv);
        var ready = new ReadySock[1];
        var interrupt = new ThreadInterrupt();
        for (int round = 0; round < 5; round++)
        {
            var waiter = Background.Run(() =>
                poller.Wait(ready, Timeout.InfiniteTimeSpan, interrupt)
            );
            waiter.UntilBlocked();
            interrupt.Interrupt();
            Assert.Equal(NetworkError.Interrupted, waiter.Join().Error);
            Assert.Equal(
                NetworkError.Interrupted,
                poller.Wait(ready, Within.Long, interrupt).Error
            );
            interrupt.Reset();
            Assert.Equal(0, poller.Wait(ready, TimeSpan.FromMilliseconds(2), interrupt).Count);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_another_thread_adds_is_seen_by_the_wait_under_way(string way)
    {
        using SockPoller poller = Make(way);
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("x"u8);
        var ready = new ReadySock[1];
        var waiter = Background.Run(() => poller.Wait(ready, Within.Long));
        waiter.UntilBlocked();
        poller.Add(pair.Near, SockEvents.Recv);
        Assert.Equal(SockResult.Ok(1), waiter.Join());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_socket_that_goes_is_not_registered_any_more_nor_is_its_number(string way)
    {
        using SockPoller poller = Make(way);
        var ready = new ReadySock[4];
        Action<Sock>[] letGo = [sock => sock.Dispose(), sock => new Sock(sock.Release()).Dispose()];
        int reused = 0;
        for (int round = 0; round < 6; round++)
        {
            using var old = new Pair(PairKind.UnixByPoll);
            CSocket number = old.Near.Get();
            poller.Add(old.Near, SockEvents.Recv, "old");
            old.Arrive("x"u8);
            letGo[round % 2](old.Near);
            Assert.Equal(0, poller.Count);

            // Linux gives the lowest number that is free; the runtime takes some at first.
            using var next = new Pair(PairKind.UnixByPoll);
            next.Arrive("y"u8);
            reused += next.Near.Get() == number ? 1 : 0;
            Assert.Equal(0, poller.Wait(ready, TimeSpan.FromMilliseconds(5)).Count);
            poller.Add(next.Near, SockEvents.Recv, "next");
            Assert.Equal(1, poller.Wait(ready, Within.Long).Count);
            Assert.Equal("next", ready[0].State);
            poller.Remove(next.Near);
        }

        Assert.True(reused > 3 || !OnLinux);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_socket_that_moves_to_another_Sock_is_registered_by_that_or_not_at_all(string way)
    {
        using SockPoller poller = Make(way);
        using var pair = new Pair(PairKind.UnixByPoll);
        using var next = new Sock();
        var ready = new ReadySock[4];
        poller.Add(pair.Near, SockEvents.Recv, "old");
        next.AssignFrom(pair.Near);
        pair.Arrive("x"u8);
        Assert.Equal(0, poller.Count);
        Assert.Equal(0, poller.Wait(ready, TimeSpan.FromMilliseconds(5)).Count);
        poller.Add(next, SockEvents.Recv, "new");
        Assert.Equal(1, poller.Wait(ready, Within.Long).Count);
        Assert.Equal((next, "new"), (ready[0].Sock, ready[0].State));
        next.Dispose();
        Assert.Equal(0, poller.Count);
    }

    // poll(2) and select(2) hold what they wait for: the peer would learn of it a slice later.
    [Theory]
    [MemberData(nameof(Ways))]
    public void The_peer_of_a_socket_that_is_disposed_meanwhile_learns_of_it_at_once(string way)
    {
        using SockPoller poller = Make(way);
        using var pair = new Pair(PairKind.UnixByPoll);
        var interrupt = new ThreadInterrupt();
        poller.Add(pair.Near, SockEvents.Recv);
        Background<SockResult> waiting = Background.Run(() =>
            poller.Wait(new ReadySock[1], Within.Long, interrupt)
        );
        waiting.UntilBlocked();
        pair.Near.Dispose();
        TimeSpan lessThanASlice = TimeSpan.FromMilliseconds(800);
        Assert.Equal(
            SockStatus.Closed,
            pair.Far.TryRecvComplete(new byte[1], lessThanASlice).Status
        );
        interrupt.Interrupt();
        Assert.Equal(NetworkError.Interrupted, waiting.Join().Error);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Wrong_use_is_refused_and_changes_nothing(string way)
    {
        SockPoller poller = Make(way);
        using var pair = new Pair(PairKind.UnixByPoll);
        Assert.Throws<ArgumentException>(() => poller.Wait([], Within.Long));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            poller.Wait(new ReadySock[1], TimeSpan.FromTicks(-1))
        );
        var empty = Assert.Throws<SockException>(() => poller.Add(new Sock(), SockEvents.Recv));
        Assert.Equal(NetworkError.BadHandle, empty.ErrorCode);
        Assert.StartsWith("SockPoller: ", empty.Message, StringComparison.Ordinal);
        poller.Add(pair.Near, SockEvents.Recv);
        Assert.Throws<ArgumentException>(() => poller.Add(pair.Near, SockEvents.Recv));
        Assert.Equal(1, poller.Count);

        // Whoever of the two comes second is refused; the one that waits long gets in at last.
        SockResult WaitLong()
        {
            while (true)
            {
                try
                {
                    return poller.Wait(new ReadySock[1], Within.Long);
                }
                catch (InvalidOperationException) { }
            }
        }

        var waiter = Background.Run(WaitLong);
        Exception? refusal = null;
        while (refusal is null && !waiter.HasEnded)
        {
            refusal = Record.Exception(() => poller.Wait(new ReadySock[1], TimeSpan.Zero));
        }

        Assert.IsType<InvalidOperationException>(refusal);
        Assert.Equal("Another thread waits on this poller.", refusal.Message);
        poller.Dispose();
        poller.Dispose();
        Assert.Equal(NetworkError.BadHandle, waiter.Join().Error);
        Assert.Equal(NetworkError.BadHandle, poller.Wait(new ReadySock[1], Within.Long).Error);
        Assert.Throws<ObjectDisposedException>(() => poller.Add(pair.Near, SockEvents.Recv));
        pair.Arrive("x"u8); // the socket is as it was
        Assert.Equal("x"u8, pair.Near.RecvNow());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Waiting_allocates_nothing(string way)
    {
        const int Rounds = 1000;
        const int SmallestObject = 24;
        using SockPoller poller = Make(way);
        using var pair = new Pair(PairKind.UnixByPoll);
        poller.Add(pair.Near, SockEvents.Recv);
        pair.Arrive("x"u8);
        var interrupt = new ThreadInterrupt();
        var ready = new ReadySock[4];
        long WaitSome()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int round = 0; round < Rounds; round++)
            {
                poller.Wait(ready, Within.Long, interrupt);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        WaitSome();
        Assert.InRange(WaitSome(), 0, Rounds * SmallestObject - 1);
    }

    private static SockPoller Make(string way) =>
        way switch
        {
            "poll" => new SockPoller(WaitMechanism.Poll),
            "select" => new SockPoller(WaitMechanism.Select),
            _ => new SockPoller(),
        };
}
