using System.Runtime.CompilerServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What changes while it waits, and how it ends.</summary>
public partial class SockPollerTests
{
    public static bool OnLinux => OperatingSystem.IsLinux();

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_changes_while_it_waits_counts_at_once(string way)
    {
        SockPoller? poller = null;
        Pair? pair = null;
        Change(registered: null, () => poller!.Add(pair!.Near, SockEvents.Send));
        Change(SockEvents.Recv, () => poller!.Modify(pair!.Near, SockEvents.Send));
        Change(SockEvents.Recv, () => poller!.Dispose());

        void Change(SockEvents? registered, Action change) =>
            Soon.Holds(
                () =>
                {
                    poller?.Dispose();
                    pair?.Dispose();
                    poller = Make(way);
                    pair = new Pair(PairKind.UnixByPoll);
                    if (registered is SockEvents requested)
                    {
                        poller.Add(pair.Near, requested);
                    }
                },
                () => Assert.NotEqual(0, poller!.Wait(new ReadySock[1], Within.Long).Count),
                change
            );
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void All_that_are_ready_are_told_at_once_with_their_end_if_it_has_come(string way)
    {
        using SockPoller poller = Make(way);
        using var one = new Pair(PairKind.UnixByPoll);
        using var other = new Pair(PairKind.UnixByPoll);
        poller.Add(one.Near, SockEvents.Send);
        poller.Add(other.Near, SockEvents.Send);
        var ready = new ReadySock[3];
        Assert.Equal(2, poller.Wait(ready, Within.Long).Count);
        Assert.Equal(2, poller.Wait(ready, Within.Long).Count);
        other.Far.Dispose();
        poller.Remove(one.Near);
        Assert.Equal(1, poller.Wait(ready, Within.Long).Count);
        Assert.Equal(SockEvents.Send | SockEvents.Error, ready[0].Occurred);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void An_interrupt_that_fired_before_ends_a_wait_at_once(string way)
    {
        using SockPoller poller = Make(way);
        SockResult stopped = default;
        Soon.Holds(
            () => stopped = poller.Wait(new ReadySock[1], Within.Long, new(canceled: true)),
            () => { }
        );
        Assert.Equal(SockResult.Fail(NetworkError.Interrupted), stopped);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Wrong_arguments_throw_and_an_end_empties_it(string way)
    {
        SockPoller poller = Make(way);
        using var pair = new Pair(PairKind.UnixByPoll);
        Assert.Throws<ArgumentNullException>(() => poller.Add(null!, SockEvents.Recv));
        Assert.Throws<ArgumentNullException>(() => poller.Modify(null!, SockEvents.Recv));
        Assert.Throws<ArgumentNullException>(() => poller.Remove(null!));
        poller.Add(pair.Near, SockEvents.Recv);
        poller.Dispose();
        poller.Dispose();
        Assert.Equal(0, poller.Count);
        Assert.Throws<ObjectDisposedException>(() => poller.Add(pair.Near, SockEvents.Recv));
        Assert.Equal(NetworkError.BadHandle, poller.Wait(new ReadySock[1], Within.Long).Error);
    }

    [Theory(Skip = "counts descriptors in /proc", SkipUnless = nameof(OnLinux))]
    [MemberData(nameof(Ways))]
    public void It_leaves_no_descriptor_whether_somebody_waits_or_not(string way)
    {
        Make(way).Dispose();
        int before = Descriptors.CountHeld();
        for (int i = 0; i < 20; i++)
        {
            SockPoller poller = Make(way);
            var waiter = Background.Run(() => poller.Wait(new ReadySock[1], Within.Long));
            if (i % 2 == 0)
            {
                waiter.UntilBlocked();
            }

            poller.Dispose();
            Assert.Equal(NetworkError.BadHandle, waiter.Join().Error);
            Make(way).Dispose();
        }

        Assert.InRange(Descriptors.Count(), 0, before + 5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_sock_that_is_registered_no_more_does_not_keep_the_poller(bool isRemoved)
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        WeakReference poller = Forget();
        GC.Collect();
        Assert.False(poller.IsAlive);

        [MethodImpl(MethodImplOptions.NoInlining)]
        WeakReference Forget()
        {
            var poller = new SockPoller();
            poller.Add(pair.Near, SockEvents.Recv);
            if (isRemoved)
            {
                poller.Remove(pair.Near);
            }
            else
            {
                poller.Dispose();
            }

            return new WeakReference(poller);
        }
    }

    [Fact(Skip = "Linux has epoll(7)", SkipUnless = nameof(OnLinux))]
    public void On_Linux_it_is_an_event_queue_of_the_system_or_says_that_none_is_to_be_had()
    {
        int before = Descriptors.EventQueues();
        using (new SockPoller())
        {
            Assert.Equal(before + 1, Descriptors.EventQueues());
        }

        Assert.Equal(before, Descriptors.EventQueues());
        int open = Descriptors.CountHeld();
        using (new FewDescriptors(0))
        {
            var none = Assert.Throws<SockException>(() => new SockPoller());
            Assert.StartsWith("epoll_create1(): ", none.Message, StringComparison.Ordinal);
        }

        using (new FewDescriptors(1))
        {
            try
            {
                new SockPoller().Dispose(); // a wake-up may have been left for it
            }
            catch (SockException) { }
        }

        Assert.InRange(Descriptors.Count(), 0, open);
    }

    [Fact(Skip = "poll(2) says it of every wait", SkipUnless = nameof(OnLinux))]
    public void What_an_event_queue_cannot_watch_is_refused_and_not_registered()
    {
        using FileStream file = File.OpenRead(typeof(SockPoller).Assembly.Location);
        var sock = new Sock(new CSocket(file.SafeFileHandle.DangerousGetHandle()));
        using var poller = new SockPoller();
        var refused = Assert.Throws<SockException>(() => poller.Add(sock, SockEvents.Recv));
        sock.Release(); // it is the stream's to close
        Assert.StartsWith("SockPoller.Add(): ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, poller.Count);
    }

    [Fact(Skip = "fills the descriptor table", SkipUnless = nameof(OnLinux))]
    public void By_select_a_descriptor_that_it_cannot_hold_fails_every_wait()
    {
        using var many = new ManyDescriptors(upTo: 1030);
        using var poller = new SockPoller(WaitMechanism.Select);
        using var pair = new Pair(PairKind.UnixByPoll);
        poller.Add(pair.Near, SockEvents.Send);
        SockResult refused = SockResult.Fail(NetworkError.InvalidArgument);
        Assert.Equal(refused, poller.Wait(new ReadySock[1], Within.Long));
        Assert.Equal(refused, poller.Wait(new ReadySock[1], Within.Long));
    }
}
