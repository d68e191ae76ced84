using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace BitcoinSock.Unit;

[Alone]
public class InterruptTests
{
    private const int Rounds = 100;

    public static bool OnLinux => OperatingSystem.IsLinux();

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_blocked_receive_wakes_within_a_millisecond(PairKind kind) =>
        AssertWakesAtOnce(
            kind,
            (sock, interrupt) =>
                sock.TryRecvUntilTerminator(10, new byte[100], Timeout.InfiniteTimeSpan, interrupt)
        );

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_blocked_send_wakes_within_a_millisecond(PairKind kind)
    {
        byte[] much = new byte[10_000_000];
        AssertWakesAtOnce(
            kind,
            (sock, interrupt) => sock.TrySendComplete(much, Timeout.InfiniteTimeSpan, interrupt)
        );
    }

    [Fact]
    public void One_interrupt_ends_many_operations_and_serves_again_after_Reset()
    {
        var interrupt = new ThreadInterrupt();
        for (int round = 0; round < 3; round++)
        {
            Pair[] pairs = [.. Pair.Kinds.Select(row => new Pair(row.Data))];
            var readers = pairs
                .Select(pair =>
                    Background.Run(() =>
                        pair.Near.TryRecvComplete(new byte[1], Timeout.InfiniteTimeSpan, interrupt)
                    )
                )
                .ToList();
            readers.ForEach(reader => reader.UntilBlocked());
            interrupt.Interrupt();
            Assert.All(
                readers,
                reader => Assert.Equal(SockStatus.Interrupted, reader.Join().Status)
            );

            interrupt.Reset();
            foreach (Pair pair in pairs)
            {
                pair.Arrive(1);
                Assert.True(pair.Near.TryRecvComplete(new byte[1], Within.Long, interrupt).IsOk);
                pair.Dispose();
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void Any_token_will_do_and_a_source_may_be_disposed_early(PairKind kind)
    {
        using var pair = new Pair(kind);
        using (var source = new CancellationTokenSource(Within.Brief))
        {
            Assert.Equal(
                SockStatus.Interrupted,
                pair.Near.TryRecvComplete(new byte[1], Within.Long, source.Token).Status
            );
        }

        var disposed = new CancellationTokenSource();
        CancellationToken token = disposed.Token;
        disposed.Dispose();
        Assert.Equal(
            SockStatus.Timeout,
            pair.Near.TryRecvComplete(new byte[1], Within.Brief, token).Status
        );
    }

    [Fact(Skip = "asks Linux what a thread has cost", SkipUnless = nameof(OnLinux))]
    public void Waiting_costs_no_processor_time()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        TimeSpan before = Busy();
        pair.Near.TryRecvComplete(new byte[1], TimeSpan.FromSeconds(1.5), new ThreadInterrupt());
        Assert.InRange(Busy() - before, TimeSpan.Zero, TimeSpan.FromSeconds(0.1));

        // Of this thread: what the process takes is others' as well. Nanoseconds, proc(5).
        static TimeSpan Busy() =>
            TimeSpan.FromMicroseconds(
                long.Parse(
                    File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0],
                    CultureInfo.InvariantCulture
                ) / 1000
            );
    }

    [Fact]
    public void Waiting_allocates_nothing()
    {
        const int SmallestObject = 24;
        using var pair = new Pair(PairKind.UnixByPoll);
        var interrupt = new ThreadInterrupt();
        byte[] buffer = new byte[1];
        long WaitSome()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int round = 0; round < Rounds; round++)
            {
                pair.Near.TryRecvComplete(buffer, TimeSpan.FromMilliseconds(1), interrupt);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        WaitSome();
        Assert.InRange(WaitSome(), 0, Rounds * SmallestObject - 1);
    }

    [Fact]
    public void Two_threads_that_lower_the_flag_at_once_lose_no_interrupt_that_comes_after()
    {
        var interrupt = new ThreadInterrupt();
        using var start = new Barrier(2);
        for (int round = 0; round < 2000; round++)
        {
            interrupt.Interrupt();
            var other = Background.Run(() =>
            {
                start.SignalAndWait();
                interrupt.Reset();
                return 0;
            });
            start.SignalAndWait();
            interrupt.Reset();
            CancellationToken token = interrupt.Token;
            interrupt.Interrupt();
            Assert.True(token.IsCancellationRequested);
            other.Join();
        }
    }

    [Fact(Skip = "counts descriptors in /proc", SkipUnless = nameof(OnLinux))]
    public void Many_that_were_interrupted_at_once_leave_no_descriptor_behind()
    {
        int before = Descriptors.CountHeld();
        using (var pair = new Pair(PairKind.UnixByPoll))
        {
            var interrupt = new ThreadInterrupt();
            var waiters = Enumerable
                .Range(0, 300)
                .Select(i =>
                    Background.Run(() =>
                        pair.Near.Wait(Timeout.InfiniteTimeSpan, SockEvents.Recv, out _, interrupt)
                    )
                )
                .ToList();
            waiters.ForEach(waiter => waiter.UntilBlocked());
            interrupt.Interrupt();
            waiters.ForEach(waiter => waiter.Join());
        }

        // Those that earlier waits had left may be gone, and those kept whose wait ended by itself.
        Assert.InRange(Descriptors.Count(), 0, before + 2 * WakeUp.IdleMax);
    }

    [Fact]
    public void No_interrupt_has_no_token() =>
        Assert.Throws<ArgumentNullException>(() => (CancellationToken)(ThreadInterrupt)null!);

    [Fact]
    public void SleepFor_sleeps_its_time_unless_interrupted()
    {
        var interrupt = new ThreadInterrupt();
        long start = Stopwatch.GetTimestamp();
        Assert.True(interrupt.SleepFor(Within.Brief));
        Assert.True(Stopwatch.GetElapsedTime(start) >= Within.Brief);
        Assert.True(interrupt.SleepFor(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            interrupt.SleepFor(TimeSpan.FromSeconds(-1))
        );

        var sleeper = Background.Run(() => interrupt.SleepFor(TimeSpan.MaxValue));
        sleeper.UntilBlocked();
        interrupt.Interrupt();
        Assert.False(sleeper.Join());
        Assert.False(interrupt.SleepFor(Timeout.InfiniteTimeSpan));
    }

    /// <summary>From the interrupt to the return of a blocked operation, by the median.</summary>
    private static void AssertWakesAtOnce(
        PairKind kind,
        Func<Sock, CancellationToken, SockOutcome> operation
    )
    {
        using var pair = new Pair(kind);
        List<double> latenciesMs = [];
        for (int round = 0; round < Rounds; round++)
        {
            var interrupt = new ThreadInterrupt();
            var blocked = Background.Run(() =>
            {
                SockOutcome outcome = operation(pair.Near, interrupt);
                return (outcome.Status, Stopwatch.GetTimestamp());
            });
            blocked.UntilBlocked();
            long start = Stopwatch.GetTimestamp();
            interrupt.Interrupt();
            (SockStatus status, long end) = blocked.Join();
            Assert.Equal(SockStatus.Interrupted, status);
            latenciesMs.Add(Stopwatch.GetElapsedTime(start, end).TotalMilliseconds);
        }

        latenciesMs.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{kind}: median {latenciesMs[Rounds / 2]:F3} ms, largest {latenciesMs[^1]:F3} ms"
        );
        // Every call of Wine's asks its server, which is another process.
        Assert.InRange(latenciesMs[Rounds / 2], 0, Wine.IsHere ? 100 : 1);
    }

    // Found by strace(1): a code injected into the recv(2) that emptied it, and the next wait spun.
    [Fact]
    public void A_wake_up_that_was_signalled_is_not_waited_with_again()
    {
        var signalled = WakeUp.Rent();
        signalled.Signal();
        signalled.Return();
        var next = WakeUp.Rent();
        Assert.NotSame(signalled, next);
        next.Return();
        var afterThat = WakeUp.Rent();
        Assert.Same(next, afterThat);
        afterThat.Return();
    }
}
