using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>A poller, when others close what is its own.</summary>
public partial class SockPollerTests
{
    public static IEnumerable<TheoryDataRow<string, Stray, int>> StrayCloses =>
        from way in "best poll select".Split()
        from stray in Enum.GetValues<Stray>()
        from own in Enumerable.Range(0, 3)
        where own < 2 || way == "best"
        select new TheoryDataRow<string, Stray, int>(way, stray, own);

    // Its wake-up's two ends, and its event queue.
    [Theory(Skip = "finds descriptors in /proc", SkipUnless = nameof(OnLinux))]
    [MemberData(nameof(StrayCloses))]
    public void What_somebody_else_closed_of_its_own_is_replaced(string way, Stray stray, int own)
    {
        using var strays = new Strays(stray);
        using var near = new Pair(PairKind.UnixByPoll);
        using var later = new Pair(PairKind.UnixByPoll);
        (SockPoller poller, int[] owned) = Create(way);
        using (poller)
        {
            poller.Add(near.Near, SockEvents.Recv, "near");
            strays.Close(owned[own]);
            WorksAsUsual(poller, near, later);
        }
    }

    [Theory(Skip = "finds descriptors in /proc", SkipUnless = nameof(OnLinux))]
    [MemberData(nameof(StrayCloses))]
    public void What_somebody_else_closes_during_a_wait_is_replaced(
        string way,
        Stray stray,
        int own
    )
    {
        using var strays = new Strays(stray);
        using var near = new Pair(PairKind.UnixByPoll);
        using var later = new Pair(PairKind.UnixByPoll);
        (SockPoller poller, int[] owned) = Create(way);
        using (poller)
        {
            poller.Add(near.Near, SockEvents.Recv, "near");
            var interrupt = new ThreadInterrupt();
            var waiter = Background.Run(() =>
                poller.Wait(new ReadySock[1], Within.Long, interrupt)
            );
            waiter.UntilBlocked();
            strays.Close(owned[own]);
            Thread.Sleep(Within.Brief / 5);
            Assert.False(waiter.HasEnded);
            interrupt.Interrupt();
            Assert.Equal(SockResult.Fail(SocketError.Interrupted), waiter.Join());
            WorksAsUsual(poller, near, later);
        }
    }

    [Theory(Skip = "finds descriptors in /proc", SkipUnless = nameof(OnLinux))]
    [MemberData(nameof(StrayCloses))]
    public void What_is_somebody_elses_by_now_is_not_closed(string way, Stray stray, int own)
    {
        using var strays = new Strays(stray);
        (SockPoller poller, int[] owned) = Create(way);
        strays.Close(owned[own]);
        using var failures = new CloseFailures();
        poller.Dispose();
        Assert.Equal(0, failures.Count);
    }

    [Fact(Skip = "limits descriptors as Linux does", SkipUnless = nameof(OnLinux))]
    public void A_queue_that_cannot_be_replaced_is_done_without()
    {
        using var near = new Pair(PairKind.UnixByPoll);
        using var later = new Pair(PairKind.UnixByPoll);
        (SockPoller poller, int[] owned) = Create("best");
        using (poller)
        {
            poller.Add(near.Near, SockEvents.Recv, "near");
            using (new FewDescriptors(0))
            {
                LibC.Close(owned[2]);
                using Sock taken = Sock.Create(AddressFamily.Unix); // the number, and the last
                Assert.Equal(0, poller.Wait(new ReadySock[1], Within.Brief).Count);
            }

            WorksAsUsual(poller, near, later);
        }
    }

    [Fact(Skip = "fills the descriptor table", SkipUnless = nameof(OnLinux))]
    public void By_select_one_made_when_all_low_numbers_are_taken_works_and_is_woken_later()
    {
        using var near = new Pair(PairKind.UnixBySelect);
        using var cold = new NoWakeUps();
        using var many = new ManyDescriptors(upTo: 1030);
        using var poller = new SockPoller(WaitMechanism.Select);
        poller.Add(near.Near, SockEvents.Recv, "near");
        var ready = new ReadySock[1];
        Assert.Equal(SockResult.Ok(0), poller.Wait(ready, Within.Brief / 5));
        near.Arrive(1);
        Assert.Equal(SockResult.Ok(1), poller.Wait(ready, Within.Long));
        Assert.Equal("near", ready[0].State);
        near.Near.RecvNow();
        using var soon = new CancellationTokenSource(Within.Brief / 5);
        SockResult interrupted = SockResult.Fail(SocketError.Interrupted);
        Assert.Equal(interrupted, poller.Wait(ready, Within.Long, soon.Token));

        // There are some again, and after a slice the poller has one.
        many.Dispose();
        Assert.Equal(SockResult.Ok(0), poller.Wait(ready, 1.1 * Sock.MaxWaitForIo));
        ThreadInterrupt interrupt = new();
        Soon.Holds(
            beforehand: () => interrupt = new ThreadInterrupt(),
            () => Assert.Equal(interrupted, poller.Wait(ready, Within.Long, interrupt)),
            () => interrupt.Interrupt()
        );
    }

    private static (SockPoller Poller, int[] Owned) Create(string way)
    {
        using var cold = new NoWakeUps();
        SockPoller? poller = null;
        int[] made = Descriptors.MadeBy(() =>
            poller =
                way == "best" ? new SockPoller()
                : way == "poll" ? new SockPoller(WaitMechanism.Poll)
                : new SockPoller(WaitMechanism.Select)
        );
        // The event queue, if there is one, was made first.
        int[] owned = way == "best" ? [made[1], made[2], made[0]] : made;
        return (poller!, owned);
    }

    private static void WorksAsUsual(SockPoller poller, Pair near, Pair later)
    {
        var ready = new ReadySock[1];
        Assert.Equal(SockResult.Ok(0), poller.Wait(ready, Within.Brief / 5));
        poller.Add(later.Near, SockEvents.None, "later");
        Assert.True(poller.Modify(later.Near, SockEvents.Recv));
        Assert.Equal(SockResult.Ok(0), poller.Wait(ready, TimeSpan.Zero));
        foreach (Pair pair in (Pair[])[near, later])
        {
            pair.Arrive(1);
            Assert.Equal(SockResult.Ok(1), poller.Wait(ready, Within.Long));
            Assert.Same(pair.Near, ready[0].Sock);
            pair.Near.RecvNow();
        }

        // The first interrupt may be noticed a slice late, when nobody could tell before.
        SockResult interrupted = SockResult.Fail(SocketError.Interrupted);
        using var soon = new CancellationTokenSource(Within.Brief / 5);
        Assert.Equal(interrupted, poller.Wait(ready, Within.Long, soon.Token));
        ThreadInterrupt interrupt = new();
        Soon.Holds(
            beforehand: () => interrupt = new ThreadInterrupt(),
            () => Assert.Equal(interrupted, poller.Wait(ready, Within.Long, interrupt)),
            () => interrupt.Interrupt()
        );
        Assert.Equal(2, poller.Count);
    }
}
