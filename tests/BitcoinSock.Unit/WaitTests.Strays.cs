using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Waits, when others close what is not theirs.</summary>
public partial class WaitTests
{
    public static IEnumerable<TheoryDataRow<PairKind, Stray, int>> StrayCloses =>
        from kind in new List<PairKind> { PairKind.UnixByPoll, PairKind.UnixBySelect }
        from stray in Enum.GetValues<Stray>()
        from end in Enumerable.Range(0, 2)
        select new TheoryDataRow<PairKind, Stray, int>(kind, stray, end);

    [Theory(Skip = "finds descriptors in /proc", SkipUnless = nameof(OnLinux))]
    [MemberData(nameof(StrayCloses))]
    public void A_wake_up_that_somebody_else_closed_is_replaced(PairKind kind, Stray stray, int end)
    {
        using var strays = new Strays(stray);
        using var pair = new Pair(kind);
        using (new NoWakeUps())
        {
            WakeUp? kept = null;
            int[] ends = Descriptors.MadeBy(() => kept = WakeUp.Rent());
            Assert.Equal(2, ends.Length);
            strays.Close(ends[end]);
            kept!.Return(); // the next wait gets it
        }

        WaitsAsUsual(pair);
    }

    [Theory(Skip = "finds descriptors in /proc", SkipUnless = nameof(OnLinux))]
    [MemberData(nameof(StrayCloses))]
    public void A_wake_up_that_somebody_else_closes_during_the_wait_is_replaced(
        PairKind kind,
        Stray stray,
        int end
    )
    {
        using var strays = new Strays(stray);
        using var pair = new Pair(kind);
        using var cold = new NoWakeUps();
        var interrupt = new ThreadInterrupt();
        Background<SockResult>? waiter = null;
        int[] ends = Descriptors.MadeBy(() =>
        {
            waiter = Background.Run(() =>
                pair.Near.Wait(Within.Long, SockEvents.Recv, out _, interrupt)
            );
            waiter.UntilBlocked();
        });
        Assert.Equal(2, ends.Length);
        strays.Close(ends[end]);
        Thread.Sleep(Brief);
        Assert.False(waiter!.HasEnded);
        interrupt.Interrupt();
        Assert.Equal(SockResult.Fail(SocketError.Interrupted), waiter.Join());
        WaitsAsUsual(pair);
    }

    [Fact(Skip = "limits descriptors as Linux does", SkipUnless = nameof(OnLinux))]
    public void A_wake_up_that_somebody_else_closed_and_cannot_be_replaced_is_done_without()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        using var cold = new NoWakeUps();
        WakeUp? kept = null;
        int[] ends = Descriptors.MadeBy(() => kept = WakeUp.Rent());
        using (new FewDescriptors(0))
        {
            LibC.Close(ends[0]);
            kept!.Return();
            Assert.Equal(SockResult.Ok(0), pair.Near.Wait(Within.Brief, SockEvents.Recv, out _));
            using var soon = new CancellationTokenSource(Within.Brief);
            Assert.Equal(
                SockResult.Fail(SocketError.Interrupted),
                pair.Near.Wait(Within.Long, SockEvents.Recv, out _, soon.Token)
            );
        }

        WaitsAsUsual(pair);
    }

    private static TimeSpan Brief => Within.Brief / 5;

    private static void WaitsAsUsual(Pair pair)
    {
        for (int i = 0; i < 2; i++)
        {
            SockResult none = pair.Near.Wait(Brief, SockEvents.Recv, out SockEvents told);
            Assert.Equal((SockResult.Ok(0), SockEvents.None), (none, told));
        }

        // The first may be noticed a slice late, when the bell had become somebody else's.
        var late = new ThreadInterrupt();
        var waiter = Background.Run(() =>
            pair.Near.Wait(Within.Long, SockEvents.Recv, out _, late)
        );
        waiter.UntilBlocked();
        late.Interrupt();
        Assert.Equal(SockResult.Fail(SocketError.Interrupted), waiter.Join());

        var interrupt = new ThreadInterrupt();
        Soon.Holds(
            beforehand: () => interrupt = new ThreadInterrupt(),
            () =>
                Assert.Equal(
                    SockResult.Fail(SocketError.Interrupted),
                    pair.Near.Wait(Within.Long, SockEvents.Recv, out _, interrupt)
                ),
            () => interrupt.Interrupt()
        );
        pair.Arrive(1);
        Assert.Equal(SockResult.Ok(1), pair.Near.Wait(Within.Long, SockEvents.Recv, out _));
    }
}
