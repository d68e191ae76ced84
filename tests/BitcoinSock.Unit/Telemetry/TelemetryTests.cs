using System.Buffers;
using System.Diagnostics.Tracing;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

[Alone]
public partial class TelemetryTests
{
    private const byte Newline = (byte)'\n';

    private static readonly int Reset = NetworkError.NativeCode(SocketError.ConnectionReset);

    private static readonly SockResult WouldBlock = SockResult.Fail(SocketError.WouldBlock);

    [Fact]
    public void An_operation_says_what_it_moved_and_what_that_took()
    {
        using var heard = new HeardEvents(EventLevel.Informational);
        var sock = new ScriptedSock();
        sock.Clock.Advance(TimeSpan.FromHours(1));
        sock.OnSend = (call, asked) => call == 2 ? WouldBlock : SockResult.Ok(Math.Min(asked, 6));
        sock.OnWait = (_, _) =>
        {
            sock.Clock.Advance(TimeSpan.FromMilliseconds(5));
            return SockResult.Ok(1);
        };
        sock.SendComplete("0123456789", Within.Long);
        var plain = new ScriptedSock();
        plain.TrySendComplete("header"u8, "payload"u8, Within.Long);
        Assert.Equal(
            [
                new("SendComplete", SockStatus.Ok, 0, 10, 3, 1, 5),
                new("SendComplete", SockStatus.Ok, 0, 13, 2, 0, 0),
            ],
            heard.Operations
        );
    }

    [Fact]
    public void Each_operation_that_reads_tells_so_once()
    {
        using var heard = new HeardEvents(EventLevel.Informational);
        var sock = new ScriptedSock("a line\nfour|text\nto a writer\n1\n22\n333\n4444\n");
        sock.RecvUntilTerminator(Newline, new byte[100], Within.Long);
        sock.RecvComplete(new byte[5], Within.Long);
        sock.RecvUntilTerminator(Newline, Within.Long, default, 100);
        var writer = new ArrayBufferWriter<byte>();
        sock.RecvUntilTerminator(Newline, writer, Within.Long, default, 100);
        Assert.True(sock.IsConnected(out _));
        var reader = new FrameReader(sock, Newline, 100);
        reader.Read(Within.Long);
        reader.Read(Within.Long);
        reader.ReadBatch(new Range[100], Within.Long);
        Assert.Equal(
            [
                new("RecvUntilTerminator", SockStatus.Ok, 0, 7, 2, 0, 0),
                new("RecvComplete", SockStatus.Ok, 0, 5, 1, 0, 0),
                new("RecvUntilTerminator", SockStatus.Ok, 0, 5, 2, 0, 0),
                new("RecvUntilTerminator", SockStatus.Ok, 0, 12, 2, 0, 0),
                new("IsConnected", SockStatus.Ok, 0, 0, 1, 0, 0),
                new("FrameReader.Read", SockStatus.Ok, 0, 2, 2, 0, 0),
                new("FrameReader.Read", SockStatus.Ok, 0, 3, 1, 0, 0),
                new("FrameReader.ReadBatch", SockStatus.Ok, 0, 9, 1, 0, 0),
            ],
            heard.Operations
        );
    }

    [Fact]
    public void An_operation_that_fails_says_how_and_what_it_had_moved()
    {
        using var heard = new HeardEvents(EventLevel.Informational);
        var slow = new ScriptedSock("ab");
        slow.OnWait = (_, timeout) => slow.TimeOut(timeout);
        slow.TryRecvComplete(new byte[3], TimeSpan.FromSeconds(1.5));
        var cut = new ScriptedSock("ab") { OnRecv = (call, _) => SockResult.Ok(call < 3 ? 1 : 0) };
        cut.TryRecvUntilTerminator(Newline, new byte[3], Within.Long);
        new ScriptedSock("long").TryRecvUntilTerminator(Newline, new byte[3], Within.Long);
        var broken = new ScriptedSock { OnRecv = (_, _) => SockResult.Fail(Reset) };
        Assert.False(broken.IsConnected(out _));
        new FrameReader(broken, Newline, 9).TryRead(out _, Within.Long);
        var liar = new ScriptedSock { OnSend = (_, asked) => SockResult.Ok(asked + 1) };
        liar.TrySendComplete("text", Within.Long);
        var stop = new CancellationToken(canceled: true);
        var full = new ScriptedSock { OnSend = (_, _) => WouldBlock };
        full.TrySendComplete([1], Within.Long, stop);
        Assert.Equal(
            [
                new("RecvComplete", SockStatus.Timeout, 0, 2, 4, 2, 1500),
                new("RecvUntilTerminator", SockStatus.Closed, 0, 1, 3, 0, 0),
                new("RecvUntilTerminator", SockStatus.TooLong, 0, 3, 2, 0, 0),
                new("IsConnected", SockStatus.Failed, Reset, 0, 1, 0, 0),
                new("FrameReader.Read", SockStatus.Failed, Reset, 0, 1, 0, 0),
                new("SendComplete", SockStatus.Inconsistent, 0, 0, 1, 0, 0),
                new("SendComplete", SockStatus.Interrupted, 0, 0, 1, 0, 0),
            ],
            heard.Operations
        );
    }

    [Fact]
    public void At_the_verbose_level_every_call_and_every_wait_is_told_in_order()
    {
        using var heard = new HeardEvents(EventLevel.Verbose);
        var sock = new ScriptedSock("a line\n")
        {
            OnRecv = (call, _) => call == 1 ? WouldBlock : SockResult.Ok(int.MaxValue),
        };
        sock.RecvUntilTerminator(Newline, new byte[100], Timeout.InfiniteTimeSpan);
        Assert.Equal(
            [$"Peek 100 -1 {WouldBlock.Error}", "Wait 1000 1 0", "Peek 100 7 0", "Recv 7 7 0"],
            heard.Calls
        );

        Assert.All(heard.All, written => Assert.Equal(-1L, written.Payload![^1])); // no descriptor

        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Near.SendComplete("head"u8, "tail"u8, Within.Long);
        EventWrittenEventArgs sent = heard.Named("Call").Last();
        Assert.Equal(["Send", 8, 8, 0, (long)pair.Near.Get().Value], sent.Payload);
        Assert.Equal("{0}({4}, {1} bytes) = {2} ({3})", sent.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connecting_tells_its_calls_and_its_end(bool awaited)
    {
        using var heard = new HeardEvents(EventLevel.Verbose);
        EndPoint address;
        using (Sock listener = SockForTests.Listen(out address))
        {
            await Connect();
        }

        await Connect();
        int refused = NetworkError.NativeCode(SocketError.ConnectionRefused);
        Assert.Equal(
            [
                ("ConnectComplete", SockStatus.Ok, 0),
                ("ConnectComplete", SockStatus.Failed, refused),
            ],
            heard.Operations.Select(one => (one.Operation, one.Outcome, one.Error))
        );
        Assert.Equal(heard.Named("Call").Length, heard.Operations.Sum(one => one.Calls));
        Assert.Equal(heard.Named("Wait").Length, heard.Operations.Sum(one => one.Waits));
        // As it says so once more: Linux by success, others by this.
        string again = $"Connect 0 -1 {NetworkError.AlreadyConnected}";
        Assert.Contains(heard.Calls, call => call == "Connect 0 0 0" || call == again);

        async Task Connect()
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            using var sock = new ManagedSock(socket);
            _ = awaited
                ? await sock.TryConnectCompleteAsync(address, Within.Long)
                : sock.TryConnectComplete(address, Within.Long);
        }
    }

    [Fact]
    public void Accepting_tells_its_calls_and_its_end()
    {
        using var heard = new HeardEvents(EventLevel.Verbose);
        using Sock listener = SockForTests.Listen(out EndPoint address);
        listener.TryAcceptComplete(out _, TimeSpan.Zero);
        using Sock client = Sock.Create(address.AddressFamily);
        client.Connect(address).ThrowIfError("connect");
        listener.AcceptComplete(Within.Long).Dispose();
        Assert.Equal(
            [("AcceptComplete", SockStatus.Timeout, 2), ("AcceptComplete", SockStatus.Ok, 2)],
            heard.Operations.Select(one => (one.Operation, one.Outcome, one.Calls))
        );
        Assert.Equal(
            ["SetNonBlocking", "Accept", "SetNonBlocking", "Accept"],
            heard.Calls.Select(call => call.Split(' ')[0])
        );
        listener.Dispose();
        Assert.Equal(NetworkError.BadHandle, listener.TryAcceptComplete(out _, Within.Long).Error);
        Assert.Equal(SockStatus.Failed, heard.Operations[^1].Outcome);
    }

    [Fact]
    public async Task What_is_awaited_is_told_as_what_blocks_is()
    {
        const int Much = 10_000_000;
        using var heard = new HeardEvents(EventLevel.Informational);
        (Sock first, Sock far) = Sock.CreatePair();
        using var near = new ManagedSock(first.ToSocket());
        ValueTask<int> line = near.RecvUntilTerminatorAsync(Newline, new byte[9], Within.Long);
        far.Send("line\nnext\nmore"u8);
        await line;
        var writer = new ArrayBufferWriter<byte>();
        await near.TryRecvUntilTerminatorAsync(Newline, writer, Within.Long, default, 9);
        await near.RecvCompleteAsync(new byte[4], Within.Long);
        Background<byte[]> drained = Background.Run(far.Drain);
        await near.SendCompleteAsync(new byte[Much], Within.Long);
        near.Dispose();
        Assert.Equal(Much, drained.Join().Length);
        far.Dispose();

        OperationEvent[] told = heard.Operations;
        Assert.Equal(
            [
                ("RecvUntilTerminator", 5, 3, 1),
                ("RecvUntilTerminator", 5, 2, 0),
                ("RecvComplete", 4, 1, 0),
            ],
            told[..3].Select(one => (one.Operation, one.Bytes, one.Calls, one.Waits))
        );
        Assert.Equal(("SendComplete", Much), (told[3].Operation, told[3].Bytes));
        Assert.NotEqual(0, told[3].Waits);
    }

    [Fact]
    public void A_close_that_fails_is_a_warning_and_one_that_works_is_verbose()
    {
        using var warnings = new HeardEvents(EventLevel.Warning);
        using var all = new HeardEvents(EventLevel.Verbose);
        new Sock(new CSocket(1_000_000)).Dispose();
        EventWrittenEventArgs failed = Assert.Single(warnings.All);
        string text = NetworkError.NetworkErrorString(NetworkError.BadHandle);
        Assert.Equal(("CloseFailed", 1), (failed.EventName, failed.EventId));
        Assert.Equal([1_000_000L, NetworkError.BadHandle, text], failed.Payload);
        EventWrittenEventArgs closed = Assert.Single(all.Named("Closed"), IsIt);
        Assert.Equal((EventLevel.Verbose, 2), (closed.Level, closed.EventId));

        static bool IsIt(EventWrittenEventArgs written) => written.Payload![0] is 1_000_000L;
    }

    [Theory]
    [InlineData(1, "Operation")]
    [InlineData(2, "Call")]
    [InlineData(4, "Closed")]
    public void A_keyword_asks_for_one_kind_of_event(int keyword, string only)
    {
        using var heard = new HeardEvents(EventLevel.Verbose, (EventKeywords)keyword);
        using (var pair = new Pair(PairKind.UnixByPoll))
        {
            pair.Near.SendComplete("text", Within.Long);
        }

        Assert.Equal([only], heard.All.Select(written => written.EventName).Distinct());
    }

    [Fact(
        Skip = Sources.Elsewhere,
        SkipType = typeof(Sources),
        SkipUnless = nameof(Sources.AreHere)
    )]
    public void The_documentation_names_every_event_and_instrument()
    {
        using var measured = new HeardMeasurements();
        Sock.Create(AddressFamily.InterNetwork).Dispose(); // makes them, if it is the first
        string page = Sources.Read("docs/telemetry.md");
        string[] names =
        [
            .. typeof(SockEventSource)
                .GetMethods()
                .Where(method => method.IsDefined(typeof(EventAttribute), false))
                .Select(method => $"`{method.Name}`"),
            // Another test loads the library once more.
            .. measured.Instruments.Select(it => $"`{it.Name}` | {it.Unit} |").Distinct(),
        ];
        Assert.All(measured.Instruments, it => Assert.EndsWith(".", it.Description));
        Assert.Equal(10, names.Length);
        Assert.All(names, name => Assert.Contains(name, page, StringComparison.Ordinal));
    }
}
