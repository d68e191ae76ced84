using System.Diagnostics;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

[Alone]
public partial class WaitTests
{
    public static bool OnLinux => OperatingSystem.IsLinux();

    public static TheoryData<WaitMechanism> Mechanisms => [.. Enum.GetValues<WaitMechanism>()];

    private static int BadHandle => OperatingSystem.IsWindows() ? 10038 : 9;

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void What_occurred_is_what_was_requested_and_is_there(PairKind kind)
    {
        using var pair = new Pair(kind);
        SockEvents both = SockEvents.Recv | SockEvents.Send;
        Assert.Equal(SockResult.Ok(1), pair.Near.Wait(Within.Long, both, out SockEvents occurred));
        Assert.Equal(SockEvents.Send, occurred);

        pair.Arrive(1);
        Assert.Equal(SockResult.Ok(1), pair.Near.Wait(Within.Long, SockEvents.Recv, out occurred));
        Assert.Equal(SockEvents.Recv, occurred);
        pair.Near.Wait(Within.Long, both, out occurred);
        Assert.Equal(both, occurred);
        Assert.Equal(SockResult.Ok(0), pair.Near.Wait(Within.Brief, SockEvents.None, out occurred));
        Assert.Equal(SockEvents.None, occurred);
    }

    [Property(40)]
    public void A_timeout_is_nothing_occurred_and_not_early(PairKind kind, byte tenthsOfMs)
    {
        using var pair = new Pair(kind);
        TimeSpan timeout = TimeSpan.FromMilliseconds(tenthsOfMs / 10.0);
        long start = Stopwatch.GetTimestamp();
        SockResult result = pair.Near.Wait(timeout, SockEvents.Recv, out SockEvents occurred);
        Assert.True(Stopwatch.GetElapsedTime(start) >= timeout);
        Assert.Equal((SockResult.Ok(0), SockEvents.None), (result, occurred));
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void The_longest_timeouts_are_taken(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Arrive(1);
        TimeSpan[] longest =
        [
            TimeSpan.FromHours(1),
            TimeSpan.FromDays(25),
            TimeSpan.MaxValue,
            Timeout.InfiniteTimeSpan,
        ];
        foreach (TimeSpan timeout in longest)
        {
            Assert.Equal(SockResult.Ok(1), pair.Near.Wait(timeout, SockEvents.Recv, out _));
        }
    }

    [Fact]
    public void A_negative_timeout_is_refused()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            pair.Near.Wait(TimeSpan.FromMilliseconds(-2), SockEvents.Recv, out _)
        );
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            pair.Near.Wait(TimeSpan.MinValue, SockEvents.Recv, out _)
        );
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void The_end_of_the_stream_is_readable_and_hides_no_data(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Arrive("tail"u8);
        pair.Far.Dispose();

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(
                SockResult.Ok(1),
                pair.Near.Wait(Within.Long, SockEvents.Recv, out SockEvents occurred)
            );
            Assert.Equal(SockEvents.Recv, occurred & SockEvents.Recv);
            Assert.Equal(
                i == 0 ? "tail" : "",
                System.Text.Encoding.ASCII.GetString(pair.Near.RecvNow())
            );
        }
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void A_descriptor_that_is_closed_or_was_never_open_is_an_error_at_once(
        WaitMechanism mechanism
    )
    {
        // Not owned by anybody, so nobody else can be hurt: the finalizer is told not to close it.
        var foreign = new Sock(Descriptors.NeverOpen) { Mechanism = mechanism };
        SockResult waited = foreign.Wait(Within.Long, SockEvents.Recv, out SockEvents occurred);
        foreign.Release();
        Assert.Equal(SockResult.Fail(BadHandle), waited);
        Assert.Equal(SockEvents.Error, occurred);
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void A_descriptor_that_is_no_socket_ends_every_operation_at_once(WaitMechanism mechanism)
    {
        using FileStream file = File.OpenRead(typeof(WaitTests).Assembly.Location);
        nint descriptor = file.SafeFileHandle.DangerousGetHandle();
        var foreign = new Sock(new CSocket(descriptor)) { Mechanism = mechanism };
        SockOutcome[] outcomes =
        [
            foreign.TryRecvComplete(new byte[1], Timeout.InfiniteTimeSpan),
            foreign.TryRecvUntilTerminator(0, new byte[1], Timeout.InfiniteTimeSpan),
            foreign.TrySendComplete([1], Timeout.InfiniteTimeSpan),
        ];
        bool isConnected = foreign.IsConnected(out _);
        foreign.Release(); // it is the stream's to close

        int notSocket = NetworkError.NativeCode(SocketError.NotSocket);
        Assert.All(outcomes, outcome => Assert.Equal(SockOutcome.Failed(notSocket), outcome));
        Assert.False(isConnected);
    }

    [Fact(Skip = "Winsock's select(2) holds any", SkipUnless = nameof(OnLinux))]
    public void A_descriptor_that_select_cannot_hold_is_an_error_and_poll_takes_it()
    {
        using var many = new ManyDescriptors(1100);
        (Sock near, Sock far) = Sock.CreatePair();
        using (near)
        using (far)
        {
            Assert.True(near.Get().Value >= 1024);
            far.SendComplete("x", Within.Long);
            near.Mechanism = WaitMechanism.Select;
            Assert.False(near.IsSelectable());
            Assert.Equal(
                SockResult.Fail(SocketError.InvalidArgument),
                near.Wait(Within.Long, SockEvents.Recv, out SockEvents occurred)
            );
            Assert.Equal(SockEvents.Error, occurred);
            Assert.Equal(SockStatus.Failed, near.TryRecvComplete(new byte[2], Within.Long).Status);

            near.Mechanism = WaitMechanism.Poll;
            Assert.True(near.IsSelectable());
            far.SendComplete("y", Within.Long);
            Assert.Equal(SockResult.Ok(1), near.Wait(Within.Long, SockEvents.Recv, out _));
        }
    }

    [Fact(Skip = "descriptors have no end on Windows", SkipUnless = nameof(OnLinux))]
    public void Without_a_descriptor_to_be_woken_by_an_interrupt_is_noticed_within_a_slice()
    {
        using var pair = new Pair(PairKind.UnixBySelect);
        List<WakeUp> idle = [];
        while (WakeUp.TryRent(WaitMechanism.Select) is WakeUp wakeUp)
        {
            // Until only descriptors too high for select(2) are left.
            idle.Add(wakeUp);
        }

        try
        {
            var interrupt = new ThreadInterrupt();
            var waiter = Background.Run(() =>
                pair.Near.Wait(Within.Long, SockEvents.Recv, out _, interrupt)
            );
            waiter.UntilBlocked();
            long start = Stopwatch.GetTimestamp();
            interrupt.Interrupt();
            Assert.Equal(SockResult.Fail(SocketError.Interrupted), waiter.Join());
            Assert.True(Stopwatch.GetElapsedTime(start) < 2 * Sock.MaxWaitForIo);
        }
        finally
        {
            idle.ForEach(wakeUp => wakeUp.Dispose());
        }
    }

    [Fact]
    public void The_environment_says_the_mechanism_or_is_refused()
    {
        foreach (string? poll in (string?[])[null, "", "poll"])
        {
            Assert.Equal(WaitMechanism.Poll, Sock.MechanismOf(poll));
        }

        Assert.Equal(WaitMechanism.Select, Sock.MechanismOf("select"));
        var refused = Assert.Throws<InvalidOperationException>(() => Sock.MechanismOf("epoll"));
        Assert.Equal(
            "The environment variable BITCOINSOCK_WAIT is 'epoll'; it can be poll or select.",
            refused.Message
        );
    }
}
