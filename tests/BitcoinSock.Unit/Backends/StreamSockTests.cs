using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What the calls of a StreamSock say, each by itself.</summary>
public class StreamSockTests
{
    private static readonly SockResult Later = SockResult.Fail(NetworkError.WouldBlock);
    private static readonly SockResult Stopped = SockResult.Fail(NetworkError.Interrupted);
    private static readonly SockResult Gone = SockResult.Fail(NetworkError.BadHandle);
    private static readonly SockResult TimeIsUp = SockResult.Ok(0);
    private readonly byte[] _some = new byte[3];

    [Fact]
    public async Task One_write_is_under_way_and_who_waits_for_room_awaits_its_end()
    {
        var stream = new GatedStream();
        using var sock = new StreamSock(stream);
        using var soon = new CancellationTokenSource(Within.Brief);
        Assert.Equal(SockResult.Ok(3), sock.Send(_some, SockFlags.None));
        Assert.Equal(Later, sock.Send(_some, SockFlags.None));
        Assert.Equal(TimeIsUp, await sock.WaitAsync(Within.Brief, SockEvents.Send));
        Assert.Equal(Stopped, await sock.WaitAsync(Within.Long, SockEvents.Send, soon.Token));
        Assert.Equal(TimeIsUp, sock.Wait(Within.Brief, SockEvents.Send, out SockEvents occurred));
        Assert.Equal(SockEvents.None, occurred);

        ValueTask<SockResult> room = sock.WaitAsync(Within.Long, SockEvents.Send);
        Assert.False(room.IsCompleted);
        stream.Take();
        Assert.Equal(SockResult.Ok(1), await room);
        Assert.Equal(SockResult.Ok(3), sock.Send(_some, SockFlags.None));
        Assert.Equal(1, stream.Flushes);
        stream.Take();
        Assert.Equal(SockResult.Ok(1), sock.Wait(Within.Long, SockEvents.Send, out occurred));
        Assert.Equal(SockEvents.Send, occurred);
    }

    [Fact]
    public async Task To_await_something_ends_by_that_by_time_or_by_interrupt()
    {
        var stream = new GatedStream();
        using var sock = new StreamSock(stream);
        using var soon = new CancellationTokenSource(Within.Brief);
        Assert.Equal(TimeIsUp, await sock.WaitAsync(Within.Brief, SockEvents.Recv));
        Assert.Equal(Stopped, await sock.WaitAsync(Within.Long, SockEvents.Recv, soon.Token));
        ValueTask<SockResult> there = sock.WaitAsync(Within.Long, SockEvents.Recv);
        stream.Arrive();
        Assert.Equal(SockResult.Ok(1), await there);
        Assert.Equal(SockResult.Ok(1), await sock.WaitAsync(TimeSpan.Zero, SockEvents.Recv));
        Assert.Equal(SockResult.Ok(1), sock.Recv(_some, SockFlags.Peek));
        Assert.Equal(SockResult.Ok(1), sock.Recv(_some, SockFlags.None));
    }

    [Theory]
    [InlineData(SockEvents.Recv)]
    [InlineData(SockEvents.Send)]
    public void A_wait_for_both_ends_with_either(SockEvents first)
    {
        var stream = new GatedStream();
        using var sock = new StreamSock(stream);
        Assert.Equal(SockResult.Ok(3), sock.Send(_some, SockFlags.None));
        Soon.Holds(
            beforehand: () =>
            {
                sock.Recv(_some, SockFlags.None);
                sock.Send(_some, SockFlags.None);
            },
            () =>
            {
                const SockEvents Both = SockEvents.Recv | SockEvents.Send;
                SockResult result = sock.Wait(Within.Long, Both, out SockEvents occurred);
                Assert.Equal((SockResult.Ok(1), first), (result, occurred));
            },
            first == SockEvents.Recv ? stream.Arrive : stream.Take
        );
        stream.Take();
    }

    [Fact]
    public void A_wait_for_nothing_takes_its_time_whatever_is_under_way()
    {
        using var stream = new GatedStream();
        using var sock = new StreamSock(stream);
        Assert.Equal(TimeIsUp, sock.Wait(Within.Brief, SockEvents.None, out _));
        sock.Recv(_some, SockFlags.None);
        sock.Send(_some, SockFlags.None);
        stream.Arrive();
        stream.Take();
        Assert.Equal(TimeIsUp, sock.Wait(Within.Brief, SockEvents.None, out _));
    }

    [Fact]
    public async Task A_disposal_lets_a_write_end_and_a_read_go()
    {
        var stream = new GatedStream();
        var sock = new StreamSock(stream);
        sock.Send(_some, SockFlags.None);
        Assert.Equal(Later, sock.Recv(_some, SockFlags.None));
        Task disposing = Task.Run(sock.Dispose, TestContext.Current.CancellationToken);
        await Task.Delay(Within.Brief, TestContext.Current.CancellationToken);
        Assert.False(stream.IsDisposed);
        stream.Take();
        await disposing;
        Assert.True(stream.IsDisposed);
        Assert.True(SpinWait.SpinUntil(() => stream.Cancelled == 1, Within.Long));
        Assert.Equal(Gone, sock.Wait(Within.Long, SockEvents.Recv, out SockEvents occurred));
        Assert.Equal(SockEvents.Error, occurred);
    }

    [Theory]
    [InlineData(SockEvents.None)]
    [InlineData(SockEvents.Recv)]
    [InlineData(SockEvents.Send)]
    public void A_disposal_ends_a_wait_at_once_whatever_the_stream_is_at(SockEvents requested)
    {
        StreamSock? sock = null;
        Soon.Holds(
            beforehand: () =>
            {
                sock = new StreamSock(new GatedStream { IgnoresTokens = true }, leaveOpen: true);
                sock.Send(_some, SockFlags.None);
            },
            () => Assert.Equal(Gone, sock!.Wait(Within.Long, requested, out _)),
            () => sock!.Dispose()
        );
    }

    [Fact]
    public void A_write_that_does_not_end_is_given_up_by_a_disposal()
    {
        var sock = new StreamSock(new GatedStream());
        sock.Send(_some, SockFlags.None);
        sock.Dispose();
        Assert.Equal(Gone, sock.Send(_some, SockFlags.None));
    }

    [Fact]
    public void What_was_read_ahead_goes_with_a_disposal_and_a_borrowed_stream_stays()
    {
        var stream = new GatedStream();
        var sock = new StreamSock(stream, leaveOpen: true);
        stream.Arrive();
        Assert.Equal(1, sock.Wait(Within.Long, SockEvents.Recv, out _).Count);
        sock.Dispose();
        Assert.Equal(Gone, sock.Recv(_some, SockFlags.None));
        Assert.Equal(1, stream.Reads);
        Assert.False(stream.IsDisposed);
        Assert.Throws<ArgumentNullException>(() => new StreamSock(null!));
    }

    [Fact]
    public void Unread_takes_out_what_comes_in_spite_of_a_cancellation()
    {
        var stream = new GatedStream { IgnoresTokens = true };
        using var sock = new StreamSock(stream);
        Assert.Equal(Later, sock.Recv(_some, SockFlags.None));
        var taking = Background.Run(sock.Unread);
        taking.UntilBlocked();
        stream.Arrive();
        Assert.Equal([0], taking.Join());
        Assert.Equal(Later, sock.Recv(_some, SockFlags.None));
    }

    [Fact(
        Skip = "Wine 8 does not tell a reset",
        SkipType = typeof(Wine),
        SkipWhen = nameof(Wine.IsHere)
    )]
    public void Our_side_ends_when_what_was_taken_has_gone_or_says_that_it_has_not()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using Sock end = far;
        using var sock = new StreamSock(new NetworkStream(near.ToSocket(), ownsSocket: true));
        while (!sock.Send(new byte[16 * 1024], SockFlags.None).IsError) { }
        while (sock.Wait(TimeSpan.FromMilliseconds(20), SockEvents.Send, out _).Count > 0)
        {
            sock.Send(new byte[16 * 1024], SockFlags.None);
        }

        Assert.Equal(Later, sock.ShutdownSend());
        var drained = Background.Run(far.Drain);
        Assert.Equal(1, sock.Wait(Within.Long, SockEvents.Send, out _).Count);
        Assert.Equal(SockResult.Ok(0), sock.ShutdownSend());
        drained.Join();

        end.Dispose();
        SockResult failed = default;
        while (!failed.IsError || failed == Later)
        {
            failed = sock.Send(_some, SockFlags.None);
        }

        Assert.Equal(failed, sock.ShutdownSend());
    }

    [Fact]
    public void The_systems_code_is_found_behind_what_a_stream_throws()
    {
        var reason = new SocketException((int)SocketError.ConnectionAborted);
        using var sock = new StreamSock(new FailingStream(new IOException("no luck", reason)));
        Assert.Equal(SockResult.Fail(SocketError.ConnectionAborted), sock.Recv(_some, default));
        Assert.Equal("no luck", sock.Failure!.Message);
    }

    [Fact]
    public void A_failure_that_no_call_came_for_is_not_told_as_one_that_nobody_observed()
    {
        var told = new ConcurrentBag<string>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs e) =>
            told.Add(e.Exception.InnerException!.Message);
        TaskScheduler.UnobservedTaskException += Note;
        Fail();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException -= Note;
        Assert.DoesNotContain("nobody asks", told);

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Fail()
        {
            var stream = new PendingStream();
            Assert.Equal(Later, new StreamSock(stream).Recv(_some, SockFlags.None));
            stream.Pending.SetException(new IOException("nobody asks"));
        }
    }

    [Fact]
    public void Nothing_of_the_stream_goes_on_in_the_context_of_a_call()
    {
        var stream = new GatedStream();
        using var sock = new StreamSock(stream);
        var context = new ForbiddenContext();
        context.Begin(() =>
        {
            sock.Recv(_some, SockFlags.None);
            sock.Send(_some, SockFlags.None);
            Assert.Same(context, SynchronizationContext.Current);
            return 0;
        });
        stream.Arrive();
        stream.Take();
        const SockEvents Both = SockEvents.Recv | SockEvents.Send;
        for (SockEvents seen = SockEvents.None; seen != Both; )
        {
            sock.Wait(Within.Long, Both & ~seen, out SockEvents occurred);
            seen |= occurred;
        }

        Assert.Equal(0, context.Posts);
    }

    private sealed class PendingStream : MemoryStream
    {
        public TaskCompletionSource<int> Pending { get; } = new();

        public override ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => new(Pending.Task);
    }

    private sealed class FailingStream(Exception failure) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => ValueTask.FromException<int>(failure);
    }
}
