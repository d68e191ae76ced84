using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What ends a wait from outside, and what does not.</summary>
public partial class WaitTests
{
    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void An_interrupt_ends_a_wait_and_one_that_fired_before_starts_none(PairKind kind)
    {
        using var pair = new Pair(kind);
        var interrupt = new ThreadInterrupt();
        var waiter = Background.Run(() =>
            pair.Near.Wait(Timeout.InfiniteTimeSpan, SockEvents.Recv, out _, interrupt)
        );
        waiter.UntilBlocked();
        interrupt.Interrupt();
        Assert.Equal(SockResult.Fail(SocketError.Interrupted), waiter.Join());
        Assert.Equal(
            SockResult.Fail(SocketError.Interrupted),
            pair.Near.Wait(Timeout.InfiniteTimeSpan, SockEvents.Recv, out _, interrupt)
        );

        // What is there is reported all the same.
        pair.Arrive(1);
        Assert.Equal(
            SockResult.Ok(1),
            pair.Near.Wait(Timeout.InfiniteTimeSpan, SockEvents.Recv, out _, interrupt)
        );
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void Dispose_Reset_Release_and_a_move_either_way_end_a_wait_in_another_thread(
        PairKind kind
    )
    {
        using var moved = new Sock();
        Action<Sock>[] ways =
        [
            sock => sock.Dispose(),
            sock => sock.Reset(),
            sock => new Sock(sock.Release()).Dispose(),
            sock => sock.AssignFrom(new Sock()),
            moved.AssignFrom,
        ];
        foreach (Action<Sock> letGo in ways)
        {
            Pair? pair = null;
            Soon.Holds(
                beforehand: () => pair = new Pair(kind),
                () =>
                    Assert.Equal(
                        SockResult.Fail(BadHandle),
                        pair!.Near.Wait(Timeout.InfiniteTimeSpan, SockEvents.Recv, out _)
                    ),
                () => letGo(pair!.Near)
            );
            pair!.Dispose();
        }
    }

    [Fact(Skip = "only Linux tells when a thread waits", SkipUnless = nameof(OnLinux))]
    public void A_descriptor_that_was_moved_ends_a_wait_though_it_came_back()
    {
        using var other = new Sock();
        for (int round = 0; round < 50; round++)
        {
            using var pair = new Pair(PairKind.UnixByPoll);
            var waiter = Background.Run(() => pair.Near.Wait(Within.Long, SockEvents.Recv, out _));
            waiter.UntilBlocked();
            other.AssignFrom(pair.Near);
            pair.Near.AssignFrom(other);
            Assert.Equal(SockResult.Fail(BadHandle), waiter.Join());
        }
    }

    [Theory(Skip = "sends signals to a thread", SkipUnless = nameof(OnLinux))]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_signal_does_not_end_a_wait_nor_make_it_longer(PairKind kind)
    {
        const int SigWinch = 28; // harmless if nobody handles it, as after the test
        int signals = 0;
        using PosixSignalRegistration handler = PosixSignalRegistration.Create(
            (PosixSignal)SigWinch,
            _ => Interlocked.Increment(ref signals)
        );
        using var pair = new Pair(kind);
        TimeSpan timeout = TimeSpan.FromMilliseconds(400);
        TimeSpan took = default;
        var waiter = Background.Run(() =>
        {
            long start = Stopwatch.GetTimestamp();
            SockResult result = pair.Near.Wait(timeout, SockEvents.Recv, out _);
            took = Stopwatch.GetElapsedTime(start);
            return result;
        });
        while (!waiter.HasEnded)
        {
            waiter.UntilBlocked();
            _ = TgKill(Environment.ProcessId, waiter.NativeId, SigWinch);
        }

        Assert.Equal(SockResult.Ok(0), waiter.Join());
        Assert.True(Volatile.Read(ref signals) > 3, "no signal came through");
        Assert.True(took >= timeout, $"early: {took}");
        Assert.True(took < timeout + Sock.MaxWaitForIo, $"late: {took}");
    }

    [LibraryImport("libc", EntryPoint = "tgkill")]
    private static partial int TgKill(int process, int thread, int signal);
}
