using System.Diagnostics.Tracing;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Its async face.</summary>
public partial class ManagedSockTests
{
    [Fact]
    public async Task A_line_is_awaited_and_what_follows_it_stays()
    {
        using var pair = new ManagedPair();
        ValueTask<string> line = pair.Near.RecvUntilTerminatorAsync(
            Newline,
            Within.Long,
            default,
            1000
        );
        byte[] bytes = [.. new byte[700], .. "end\nnext"u8];
        await Task.Delay(5, TestContext.Current.CancellationToken);
        pair.Far.SendComplete(bytes, Within.Long);
        Assert.Equal(703, (await line).Length);
        byte[] next = new byte[4];
        await pair.Near.RecvCompleteAsync(next, Within.Long);
        Assert.Equal("next"u8, next);
        await pair.Near.SendCompleteAsync("größe\n", Within.Long);
        Assert.Equal("größe\n"u8, pair.Far.RecvNow());
    }

    [Fact]
    public async Task An_awaited_failure_hands_back_what_it_consumed()
    {
        using var pair = new ManagedPair();
        pair.Far.SendComplete("half", Within.Long);
        var timeout = await Assert.ThrowsAsync<SockException>(async () =>
            await pair.Near.RecvUntilTerminatorAsync(Newline, Within.Brief, default, 1000)
        );
        Assert.Equal(SockStatus.Timeout, timeout.Status);
        Assert.Equal("half"u8, timeout.Received.Span);

        pair.Far.Dispose();
        var closed = await Assert.ThrowsAsync<SockException>(async () =>
            await pair.Near.RecvCompleteAsync(new byte[1], Within.Long)
        );
        Assert.Equal(SockStatus.Closed, closed.Status);
    }

    [Fact]
    public async Task Wrong_arguments_throw_before_anything_is_touched()
    {
        using var pair = new ManagedPair();
        TimeSpan negative = TimeSpan.FromTicks(-1);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () =>
            await pair.Near.SendCompleteAsync(new byte[1], negative)
        );
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () =>
            await pair.Near.RecvUntilTerminatorAsync(Newline, Within.Long, default, -1)
        );
        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await pair.Near.ConnectCompleteAsync(new DnsEndPoint("name", 1), Within.Long)
        );
        Assert.Empty(pair.Far.RecvNow());
    }

    [Fact]
    public async Task What_needs_no_wait_allocates_nothing()
    {
        const int Rounds = 1000;
        const int SmallestObject = 24;
        using var pair = new ManagedPair();
        byte[] line = new byte[100];
        await Some();
        Assert.InRange(await Some(), 0, Rounds * SmallestObject - 1);

        // All of it ends at once, so on this thread.
        async Task<long> Some()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int round = 0; round < Rounds; round++)
            {
                pair.Far.Send("line\nmore"u8, SockFlags.None);
                await pair.Near.RecvUntilTerminatorAsync(Newline, line, Within.Long);
                await pair.Near.RecvCompleteAsync(line.AsMemory(0, 4), Within.Long);
                await pair.Near.SendCompleteAsync(line, Within.Long);
                pair.Far.Recv(line, SockFlags.None);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_connects_or_says_why_not(bool awaited)
    {
        using Sock listener = SockForTests.Listen(out EndPoint address);
        Assert.Equal(SockOutcome.Ok(0), await Connect(address, Within.Long));
        listener.Dispose();
        SockOutcome refused = await Connect(address, Within.Long);
        Assert.Equal(
            new SockOutcome(
                SockStatus.Failed,
                0,
                NetworkError.NativeCode(SocketError.ConnectionRefused)
            ),
            refused
        );
        using var late = new ManagedSock(new Socket(SocketType.Stream, ProtocolType.Tcp));
        var thrown = await Assert.ThrowsAsync<SockException>(async () =>
            await late.ConnectCompleteAsync(address, Within.Long)
        );
        Assert.Equal(refused.Error, thrown.ErrorCode);

        async Task<SockOutcome> Connect(EndPoint target, TimeSpan timeout)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            using var sock = new ManagedSock(socket);
            SockOutcome outcome = awaited
                ? await sock.TryConnectCompleteAsync(target, timeout)
                : sock.TryConnectComplete(target, timeout);
            if (outcome.IsOk)
            {
                Assert.True(socket.Connected);
                Assert.Equal(NetworkError.AlreadyConnected, sock.Connect(target).Error);
            }

            return outcome;
        }
    }

    [Theory(DisableParallelization = true)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connect_that_gets_no_answer_ends_by_deadline_interrupt_or_disposal(
        bool awaited
    )
    {
        using var backlog = new FullBacklog(new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint address = backlog.Address;
        using var heard = new HeardEvents(EventLevel.Informational);
        Assert.Equal(SockStatus.Timeout, await Connect(Within.Brief, default));
        Assert.InRange(heard.Operations[^1].Waits, 1, 2); // it is told, and not asked for
        using var soon = new CancellationTokenSource(Within.Brief);
        Assert.Equal(SockStatus.Interrupted, await Connect(Within.Long, soon.Token));

        using var gone = new ManagedSock(new Socket(SocketType.Stream, ProtocolType.Tcp));
        TimeSpan forEver = Timeout.InfiniteTimeSpan;
        Task<SockOutcome> connecting = awaited
            ? gone.TryConnectCompleteAsync(address, forEver).AsTask()
            : Task.Run(() => gone.TryConnectComplete(address, forEver));
        await Task.Delay(Within.Brief, TestContext.Current.CancellationToken);
        gone.Dispose();
        SockOutcome disposed = await connecting.WaitAsync(
            Within.Long,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(SockOutcome.Failed(NetworkError.BadHandle), disposed);

        async Task<SockStatus> Connect(TimeSpan timeout, CancellationToken interrupt)
        {
            using var sock = new ManagedSock(new Socket(SocketType.Stream, ProtocolType.Tcp));
            SockOutcome outcome = awaited
                ? await sock.TryConnectCompleteAsync(address, timeout, interrupt)
                : sock.TryConnectComplete(address, timeout, interrupt);
            return outcome.Status;
        }
    }

    public static TheoryData<string, bool> WaysToSend =>
        new()
        {
            { "Sock", false },
            { "Sock", true },
            { "ManagedSock", false },
            { "ManagedSock", true },
            { "ManagedSock, awaited", false },
            { "ManagedSock, awaited", true },
        };

    [Theory]
    [MemberData(nameof(WaysToSend))]
    public async Task What_is_reported_sent_to_a_peer_that_stops_reading_is_what_it_drains(
        string way,
        bool isInterrupted
    )
    {
        for (int round = 0; round < 100 / Share; round++)
        {
            // Either kind of socket: their buffers differ a lot.
            bool unix = round % 2 == 0 && !OperatingSystem.IsWindows();
            AddressFamily family = unix ? AddressFamily.Unix : AddressFamily.InterNetwork;
            (Sock near, Sock far) = Sock.CreatePair(family);
            using Sock end = far;
            TimeSpan brief = TimeSpan.FromMilliseconds(1 + round % 10);
            using var soon = new CancellationTokenSource();
            TimeSpan timeout = isInterrupted ? Within.Long : brief;
            if (isInterrupted)
            {
                soon.CancelAfter(brief);
            }

            SockOutcome outcome;
            if (way == "Sock")
            {
                outcome = near.TrySendComplete(Large, timeout, soon.Token);
                near.Dispose();
            }
            else
            {
                using var managed = new ManagedSock(near.ToSocket());
                outcome = way.EndsWith("awaited", StringComparison.Ordinal)
                    ? await managed.TrySendCompleteAsync(Large, timeout, soon.Token)
                    : managed.TrySendComplete(Large, timeout, soon.Token);
            }

            Assert.Equal(
                isInterrupted ? SockStatus.Interrupted : SockStatus.Timeout,
                outcome.Status
            );
            byte[] drained = far.Drain();
            Assert.Equal(outcome.Count, drained.Length);
            Assert.True(drained.AsSpan().SequenceEqual(Large.AsSpan(0, outcome.Count)));
        }
    }

    [Fact]
    public async Task Ten_thousand_cancelled_reads_of_a_trickle_lose_and_double_nothing()
    {
        using var pair = new ManagedPair();
        var random = new Random(1);
        var sent = new List<byte>();
        int stop = 0;
        var sender = Background.Run(() =>
        {
            var choice = new Random(2);
            while (Volatile.Read(ref stop) == 0)
            {
                byte[] some = new byte[choice.Next(1, 4)];
                choice.NextBytes(some);
                sent.AddRange(some);
                pair.Far.SendComplete(some, Within.Long);
                Thread.SpinWait(choice.Next(5000));
            }

            return pair.Far.ShutdownSend();
        });

        var received = new List<byte>();
        byte[] line = new byte[1000];
        int cancelled = 0;
        SockOutcome outcome = default;
        while (outcome.Status != SockStatus.Closed)
        {
            using var soon = new CancellationTokenSource();
            ValueTask<SockOutcome> read = pair.Near.TryRecvUntilTerminatorAsync(
                Newline,
                line,
                Within.Long,
                soon.Token
            );
            Thread.SpinWait(random.Next(2000));
            await soon.CancelAsync();
            outcome = await read;
            received.AddRange(line.AsSpan(0, outcome.Count));
            if (outcome.IsOk)
            {
                received.Add(Newline);
            }

            cancelled += outcome.Status == SockStatus.Interrupted ? 1 : 0;
            Volatile.Write(ref stop, cancelled >= 10_000 / Share ? 1 : 0);
        }

        sender.Join();
        Assert.Equal(sent, received);
    }
}
