using System.Diagnostics;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Awaiting events of a Sock, by each mechanism.</summary>
public class AwaitTests
{
    private static readonly SockResult Ready = SockResult.Ok(1);
    private static readonly SockResult TimeIsUp = SockResult.Ok(0);
    private static readonly SockResult Stopped = SockResult.Fail(SocketError.Interrupted);
    private static readonly SockResult Gone = SockResult.Fail(NetworkError.BadHandle);

    public static bool OnLinux => OperatingSystem.IsLinux();

    public static bool OnPosix => !OperatingSystem.IsWindows();

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public async Task An_await_ends_by_what_comes_by_time_or_by_interrupt(PairKind kind)
    {
        using var pair = new Pair(kind);
        Assert.Equal(Ready, await pair.Near.WaitAsync(Within.Long, SockEvents.Send));
        Assert.Equal(TimeIsUp, await pair.Near.WaitAsync(TimeSpan.Zero, SockEvents.Recv));
        Assert.Equal(TimeIsUp, await pair.Near.WaitAsync(Within.Brief, SockEvents.Recv));
        using var soon = new CancellationTokenSource(Within.Brief);
        TimeSpan forEver = Timeout.InfiniteTimeSpan;
        Assert.Equal(Stopped, await pair.Near.WaitAsync(forEver, SockEvents.Recv, soon.Token));
        Assert.Equal(Stopped, await pair.Near.WaitAsync(forEver, SockEvents.Recv, soon.Token));

        ValueTask<SockResult> there = pair.Near.WaitAsync(Within.Long, SockEvents.Recv);
        Assert.False(there.IsCompleted);
        pair.Arrive(1);
        Assert.Equal(Ready, await there);
        // It is told again: what is there is not taken by an await.
        Assert.Equal(Ready, await pair.Near.WaitAsync(Within.Long, SockEvents.Recv));
        Assert.Equal(Ready, await pair.Near.WaitAsync(Within.Long, SockEvents.Recv, soon.Token));

        pair.Near.RecvNow();
        ValueTask<SockResult> end = pair.Near.WaitAsync(Within.Long, SockEvents.Recv);
        pair.Far.Dispose();
        Assert.Equal(Ready, await end);
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public async Task An_await_ends_when_the_descriptor_goes(PairKind kind)
    {
        foreach (
            Action<Sock> letGo in (Action<Sock>[])
                [
                    sock => sock.Dispose(),
                    sock => new Sock(sock.Release()).Dispose(),
                    sock => sock.AssignFrom(new Sock()),
                    sock => new Sock().AssignFrom(sock),
                    sock => sock.ToSocket().Dispose(),
                ]
        )
        {
            using var pair = new Pair(kind);
            ValueTask<SockResult> one = pair.Near.WaitAsync(
                Timeout.InfiniteTimeSpan,
                SockEvents.Recv
            );
            ValueTask<SockResult> other = pair.Near.WaitAsync(Within.Long, SockEvents.None);
            letGo(pair.Near);
            Assert.Equal(Gone, await one);
            Assert.Equal(Gone, await other);
            Assert.Equal(Gone, await pair.Near.WaitAsync(Within.Long, SockEvents.Recv));
        }
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public async Task Of_several_awaits_of_one_socket_each_ends_by_its_own(PairKind kind)
    {
        using var pair = new Pair(kind);
        while (!pair.Near.Send(new byte[4096], SockFlags.DontWait).IsError) { }

        ValueTask<SockResult> room = pair.Near.WaitAsync(Within.Long, SockEvents.Send);
        ValueTask<SockResult> bytes = pair.Near.WaitAsync(Within.Long, SockEvents.Recv);
        ValueTask<SockResult> too = pair.Near.WaitAsync(Within.Long, SockEvents.Recv);
        ValueTask<SockResult> brief = pair.Near.WaitAsync(Within.Brief, SockEvents.Recv);
        Assert.Equal(TimeIsUp, await brief);
        Assert.False(room.IsCompleted || bytes.IsCompleted || too.IsCompleted);
        pair.Arrive(1);
        Assert.Equal((Ready, Ready), (await bytes, await too));
        Assert.False(room.IsCompleted);
        while (!room.IsCompleted)
        {
            pair.Far.RecvNow(1 << 16);
        }

        Assert.Equal(Ready, await room);
    }

    [Theory]
    [InlineData(WaitMechanism.Poll)]
    [InlineData(WaitMechanism.Select)]
    public async Task Each_of_many_is_told_once_and_only_what_is_its_own(WaitMechanism mechanism)
    {
        const int Many = 100;
        var pairs = new List<Pair>();
        var awaits = new List<Task<SockResult>>();
        for (int i = 0; i < Many; i++)
        {
            pairs.Add(
                new Pair(
                    mechanism == WaitMechanism.Poll ? PairKind.UnixByPoll : PairKind.UnixBySelect
                )
            );
            awaits.Add(pairs[i].Near.WaitAsync(Within.Long, SockEvents.Recv).AsTask());
        }

        for (int i = 0; i < Many; i += 2)
        {
            pairs[i].Arrive(1);
        }

        for (int i = 0; i < Many; i += 2)
        {
            Assert.Equal(Ready, await awaits[i]);
        }

        await Task.Delay(Within.Brief, TestContext.Current.CancellationToken);
        for (int i = 1; i < Many; i += 2)
        {
            Assert.False(awaits[i].IsCompleted);
            pairs[i].Dispose();
            Assert.Equal(Gone, await awaits[i]);
        }

        pairs.ForEach(pair => pair.Dispose());
    }

    [Theory]
    [InlineData(WaitMechanism.Poll)]
    [InlineData(WaitMechanism.Select)]
    public async Task Deadlines_are_kept_in_any_order_and_none_is_early(WaitMechanism mechanism)
    {
        (Sock near, Sock far) = Sock.CreatePair();
        near.Mechanism = mechanism;
        ValueTask<SockResult> last = near.WaitAsync(TimeSpan.MaxValue, SockEvents.Recv);
        int[] milliseconds = [300, 20, 0, 1, 150, 21, 300, 2];
        Task[] awaits =
        [
            .. milliseconds.Select(
                async (ms, index) =>
                {
                    var timeout = TimeSpan.FromMilliseconds(ms + 0.1 * index);
                    long start = Stopwatch.GetTimestamp();
                    Assert.Equal(TimeIsUp, await near.WaitAsync(timeout, SockEvents.Recv));
                    Assert.True(Stopwatch.GetElapsedTime(start) >= timeout, $"{timeout} is early");
                }
            ),
        ];
        await Task.WhenAll(awaits).WaitAsync(Within.Long, TestContext.Current.CancellationToken);
        // One after the other: by what the one before has left.
        foreach (int ms in milliseconds)
        {
            var timeout = TimeSpan.FromMilliseconds(ms);
            Assert.Equal(TimeIsUp, await near.WaitAsync(timeout, SockEvents.Recv));
        }

        Assert.False(last.IsCompleted);
        far.Dispose();
        Assert.Equal(Ready, await last);
        near.Dispose();
    }

    [Fact]
    public async Task What_cannot_be_waited_for_is_an_error_and_arguments_are_looked_at()
    {
        Assert.Equal(Gone, await new Sock().WaitAsync(Within.Long, SockEvents.Recv));
        using var pair = new Pair(PairKind.UnixByPoll);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            "timeout",
            async () => await pair.Near.WaitAsync(TimeSpan.FromTicks(-1), SockEvents.Recv)
        );
        ValueTask<SockResult> twice = pair.Near.WaitAsync(Within.Brief, SockEvents.Recv);
        Assert.Equal(TimeIsUp, await twice);
#pragma warning disable CA2012 // that is what is tried
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await twice);
#pragma warning restore CA2012
    }

    [Fact(Skip = "opens files in /proc", SkipUnless = nameof(OnLinux))]
    public async Task What_the_system_does_not_watch_says_so()
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle("/proc/self/stat");
        using var sock = new Sock(new CSocket(file.DangerousGetHandle()))
        {
            Mechanism = WaitMechanism.Poll, // select(2) would find it ready
        };
        Assert.True((await sock.WaitAsync(Within.Long, SockEvents.Recv)).IsError);
        sock.Release();
    }

    [Fact(
        Skip = "Windows' select has no such limit",
        SkipUnless = nameof(OnPosix),
        DisableParallelization = true
    )]
    public async Task A_descriptor_that_select_cannot_hold_is_an_error()
    {
        using var many = new ManyDescriptors(upTo: 1024);
        using var pair = new Pair(PairKind.UnixBySelect);
        Assert.Equal(
            SockResult.Fail(SocketError.InvalidArgument),
            await pair.Near.WaitAsync(Within.Long, SockEvents.Recv)
        );
    }

    [Fact]
    public void Of_several_threads_that_are_the_first_to_await_each_is_told() =>
        Fresh.Process(AwaitFirst);

    private static void AwaitFirst()
    {
        const int Many = 8;
        using var start = new Barrier(Many);
        var firsts = Enumerable
            .Range(0, Many)
            .Select(_ =>
                Background.Run(() =>
                {
                    using var pair = new Pair(PairKind.UnixByPoll);
                    start.SignalAndWait();
                    Task<SockResult> there = pair
                        .Near.WaitAsync(Within.Long, SockEvents.Recv)
                        .AsTask();
                    pair.Arrive(1);
                    return there.Result;
                })
            )
            .ToList();
        Assert.All(firsts, first => Assert.Equal(Ready, first.Join()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_ends_an_await_does_not_run_what_was_awaited(bool disposes)
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        var interrupt = new ThreadInterrupt();
        int thread = 0;
        var going = new TaskCompletionSource();
        using var mayGoOn = new ManualResetEventSlim();
        async Task Job()
        {
            await pair
                .Near.TryRecvCompleteAsync(new byte[1], Within.Long, interrupt)
                .ConfigureAwait(false);
            thread = Environment.CurrentManagedThreadId;
            going.SetResult();
            mayGoOn.Wait(Within.Long);
        }

        Task job = Job();
        int ender = Background
            .Run(() =>
            {
                if (disposes)
                {
                    pair.Near.Dispose();
                }
                else
                {
                    interrupt.Interrupt();
                }

                return Environment.CurrentManagedThreadId;
            })
            .Join();
        await going.Task;
        Assert.NotEqual(ender, thread);
        mayGoOn.Set();
        await job;
    }
}
