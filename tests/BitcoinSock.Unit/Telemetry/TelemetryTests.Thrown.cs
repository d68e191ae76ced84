using System.Buffers;
using System.Diagnostics.Tracing;
using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

// What the caller's own code ends by an exception.
public partial class TelemetryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_writer_ends_is_told_with_all_bytes_and_the_writer_has_them(
        bool awaited
    )
    {
        using var heard = new HeardEvents(EventLevel.Informational);
        using var measured = new HeardMeasurements();
        var sock = new ScriptedSock("a line\nmore");
        var writer = new ThrowingWriter(advances: 0, rooms: 1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Read(sock, writer, awaited));
        Assert.Equal(("a line", 7), (writer.Text, sock.Consumed));
        AssertThrown(heard, measured, "RecvUntilTerminator", received: 7, calls: 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_writer_without_more_memory_has_what_was_consumed(bool awaited)
    {
        using var heard = new HeardEvents(EventLevel.Informational);
        using var measured = new HeardMeasurements();
        var sock = new ScriptedSock("long line\n") { OnRecv = (_, _) => SockResult.Ok(4) };
        var writer = new ThrowingWriter(advances: 9, rooms: 1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Read(sock, writer, awaited));
        Assert.Equal(("long", 4), (writer.Text, sock.Consumed));
        AssertThrown(heard, measured, "RecvUntilTerminator", received: 4, calls: 2);
    }

    [Fact]
    public void What_a_backend_or_a_clock_ends_is_told_with_its_bytes()
    {
        using var heard = new HeardEvents(EventLevel.Informational);
        using var measured = new HeardMeasurements();
        var sock = new ScriptedSock("frame");
        sock.OnRecv = (call, _) =>
            call == 3 ? throw new InvalidOperationException() : SockResult.Ok(5);
        var reader = new FrameReader(sock, Newline, 99);
        Assert.Throws<InvalidOperationException>(() => reader.TryRead(out _, Within.Long));
        AssertThrown(heard, measured, "FrameReader.Read", received: 5, calls: 3);

        // A clock that is asked at the beginning, by the listener and by the operation.
        var timed = new WithClock(new ScriptedSock("ab"), new ThrowingClock(looks: 2));
        Assert.Throws<InvalidOperationException>(() =>
            timed.TryRecvComplete(new byte[3], Within.Long)
        );
        AssertThrown(heard, measured, "RecvComplete", received: 2, calls: 1);
    }

    [Fact]
    public void What_is_refused_never_began()
    {
        using var heard = new HeardEvents(EventLevel.Informational);
        var sock = new ScriptedSock("line\n");
        TimeSpan negative = TimeSpan.FromSeconds(-1);
        var full = new ThrowingWriter(advances: 9, rooms: 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => sock.TrySendComplete([1], negative));
        Assert.Throws<InvalidOperationException>(() =>
            sock.TryRecvUntilTerminator(Newline, full, Within.Long, default, 9)
        );
        Assert.Empty(heard.All);
        Assert.Equal((0, 0), (sock.Sends, sock.Recvs));
    }

    [Fact]
    public void A_clock_that_throws_where_only_listening_asks_it_ends_nothing()
    {
        using var heard = new HeardEvents(EventLevel.Informational);
        var late = new WithClock(new ScriptedSock("ab"), new ThrowingClock(looks: 2));
        Assert.True(late.TryRecvComplete(new byte[2], Within.Long).IsOk);
        Assert.Equal([new("RecvComplete", SockStatus.Ok, 0, 2, 1, 0, 0)], heard.Operations);
        // By a listener's look the second one comes too early for the operation, as it is.
        var early = new WithClock(new ScriptedSock("ab"), new ThrowingClock(looks: 0));
        Assert.Throws<InvalidOperationException>(() =>
            early.TryRecvComplete(new byte[2], Within.Long)
        );
        Assert.Single(heard.All);
    }

    private static void AssertThrown(
        HeardEvents heard,
        HeardMeasurements measured,
        string operation,
        long received,
        int calls
    )
    {
        object?[] told = [.. heard.Named("Operation").Last().Payload!.Take(6)];
        Assert.Equal([operation, "Thrown", 0, received, calls, 0], told);
        string tags = $"bitcoinsock.operation={operation} bitcoinsock.outcome=Thrown";
        Assert.Equal(1, measured.Sum("bitcoinsock.operations", tags));
        Assert.Equal(
            heard.Named("Operation").Sum(one => (long)one.Payload![3]!),
            measured.Sum("bitcoinsock.io", "network.io.direction=receive")
        );
    }

    private static async Task Read(ScriptedSock sock, ThrowingWriter writer, bool awaited) =>
        _ = awaited
            ? await new ScriptedAsync(sock).TryRecvUntilTerminatorAsync(
                Newline,
                writer,
                Within.Long,
                default,
                99
            )
            : sock.TryRecvUntilTerminator(Newline, writer, Within.Long, default, 99);

    /// <summary>It gives room so often, and takes what came so often.</summary>
    private sealed class ThrowingWriter(int advances, int rooms) : IBufferWriter<byte>
    {
        private readonly byte[] _bytes = new byte[10_000];
        private int _written;

        public string Text => Encoding.ASCII.GetString(_bytes, 0, _written);

        public void Advance(int count)
        {
            _written += count;
            Count(ref advances);
        }

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            Count(ref rooms);
            return _bytes.AsMemory(_written);
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        private static void Count(ref int left)
        {
            if (left-- == 0)
            {
                throw new InvalidOperationException("a writer's own");
            }
        }
    }

    private sealed class ThrowingClock(int looks) : TimeProvider
    {
        public override long GetTimestamp() =>
            looks-- > 0 ? 0 : throw new InvalidOperationException("a clock's own");
    }

    private sealed class WithClock(ScriptedSock sock, TimeProvider clock) : ISock
    {
        public TimeProvider Clock => clock;

        public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags) => sock.Send(data, flags);

        public SockResult Recv(Span<byte> buffer, SockFlags flags) => sock.Recv(buffer, flags);

        public SockResult Wait(
            TimeSpan timeout,
            SockEvents requested,
            out SockEvents occurred,
            CancellationToken interrupt = default
        ) => sock.Wait(timeout, requested, out occurred, interrupt);
    }
}
