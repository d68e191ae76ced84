using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

public partial class RecvUntilTerminatorTests
{
    private const byte Newline = (byte)'\n';

    public static TheoryData<PairKind, int> KindsAndFragments
    {
        get
        {
            var data = new TheoryData<PairKind, int>();
            foreach (PairKind kind in Enum.GetValues<PairKind>())
            {
                data.Add(kind, 1);
                data.Add(kind, 7);
                data.Add(kind, int.MaxValue);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(KindsAndFragments))]
    public void The_next_byte_after_the_line_is_the_next_one_read(PairKind kind, int fragment)
    {
        using var pair = new Pair(kind);
        byte[] all = [.. "HELLO REPLY RESULT=OK\n"u8, .. "payload\nof another protocol"u8];
        var sender = Background.Run(() =>
        {
            foreach (byte[] part in all.Chunk(fragment))
            {
                pair.Arrive(part);
                Thread.Yield();
            }

            return pair.Far.ShutdownSend();
        });

        string line = pair.Near.RecvUntilTerminator(Newline, Within.Long, default, 1000);
        Assert.Equal("HELLO REPLY RESULT=OK", line);
        sender.Join();
        Assert.Equal("payload\nof another protocol"u8, pair.Near.RecvNow());
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void All_three_forms_read_one_line_each(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Arrive("span\nwriter\nstring\n\nrest"u8);

        byte[] destination = new byte[100];
        int length = pair.Near.RecvUntilTerminator(Newline, destination, Within.Long);
        Assert.Equal("span"u8, destination[..length]);

        var writer = new ArrayBufferWriter<byte>();
        length = pair.Near.RecvUntilTerminator(Newline, writer, Within.Long, default, 100);
        Assert.Equal(6, length);
        Assert.Equal("writer"u8, writer.WrittenSpan);

        Assert.Equal("string", pair.Near.RecvUntilTerminator(Newline, Within.Long, default, 100));
        Assert.Equal("", pair.Near.RecvUntilTerminator(Newline, Within.Long, default, 100));
        Assert.Equal("rest"u8, pair.Near.RecvNow());
    }

    [Fact]
    public void Any_byte_can_end_a_line_and_be_in_one()
    {
        byte[] every = [.. Enumerable.Range(0, 256).Select(b => (byte)b)];
        foreach (byte terminator in every)
        {
            using var pair = new Pair(PairKind.UnixByPoll);
            byte[] others = [.. every.Where(b => b != terminator)];
            pair.Arrive([.. others, terminator, 1]);
            byte[] line = new byte[256];
            Assert.Equal(
                SockOutcome.Ok(255),
                pair.Near.TryRecvUntilTerminator(terminator, line, Within.Long)
            );
            Assert.Equal(others, line[..255]);
            Assert.Equal([1], pair.Near.RecvNow());
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_come_back_as_bytes()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        byte[] bad = [(byte)'a', 0xff, (byte)'b'];
        pair.Arrive([.. bad, Newline, .. bad, Newline]);
        var failure = Assert.Throws<SockException>(() =>
            pair.Near.RecvUntilTerminator(Newline, Within.Long, default, 100)
        );
        Assert.Equal(SockStatus.InvalidText, failure.Status);
        Assert.Equal(bad, failure.Received);

        SockOutcome outcome = pair.Near.TryRecvUntilTerminator(
            Newline,
            Within.Long,
            default,
            100,
            out string? line,
            out ReadOnlyMemory<byte> received
        );
        Assert.Equal(new SockOutcome(SockStatus.InvalidText, 3, 0), outcome);
        Assert.Null(line);
        Assert.Equal(bad, received);
    }

    [Fact]
    public void A_window_that_finds_no_terminator_grows()
    {
        var sock = new ScriptedSock(new string('x', 100_000) + "\n");
        sock.RecvUntilTerminator(Newline, Within.Long, default, 1_000_000);
        // 2 Ki, 4 Ki … 64 Ki hold it: two calls for each, where windows of 512 would need 392.
        Assert.Equal(12, sock.Recvs);
    }

    [Fact]
    public void Another_reader_in_between_is_told_and_what_was_consumed_comes_back()
    {
        string seen = "first\nsecond\n";
        var swapped = new ScriptedPeeks(seen, "other\nsecond\n");
        var failure = Assert.Throws<SockException>(() =>
            swapped.RecvUntilTerminator(Newline, Within.Long, default, 100)
        );
        Assert.Equal(SockStatus.Inconsistent, failure.Status);
        Assert.Equal("other\n"u8, failure.Received.Span);

        var gone = new ScriptedPeeks(seen, "");
        Assert.Equal(
            new SockOutcome(SockStatus.Inconsistent, 0, 0),
            gone.TryRecvUntilTerminator(Newline, new byte[100], Within.Long)
        );
    }

    [Theory]
    [InlineData(10)]
    [InlineData(700)]
    [InlineData(5000)]
    public void Keys_do_not_stay_in_the_pool(int length)
    {
        // What nobody else has written: new memory of a pool may be what others have left.
        string key = Guid.NewGuid().ToString("N")[..8];
        string keys = string.Concat(Enumerable.Repeat(key, 9000 / key.Length));
        var sock = new ScriptedSock(keys[..length] + "\n" + keys);
        sock.RecvUntilTerminator(Newline, Within.Long, default, 100_000);
        for (int size = 16; size <= 1 << 17; size *= 2)
        {
            byte[] rented = ArrayPool<byte>.Shared.Rent(size);
            Assert.Equal(-1, rented.AsSpan().IndexOf(Encoding.ASCII.GetBytes(key)));
        }

        GC.KeepAlive(sock);
    }

    [Fact]
    public void Wrong_arguments_are_refused_before_anything_is_read()
    {
        var sock = new ScriptedSock("line\n");
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            sock.RecvUntilTerminator(Newline, Within.Long, default, -1)
        );
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            sock.TryRecvUntilTerminator(Newline, new byte[9], TimeSpan.FromSeconds(-1))
        );
        Assert.Throws<ArgumentNullException>(() =>
            sock.RecvUntilTerminator(Newline, null!, Within.Long, default, 9)
        );
        Assert.Equal(0, sock.Recvs);
    }

    /// <summary>A descriptor that somebody else reads between our peek and our read.</summary>
    private sealed class ScriptedPeeks(string peeked, string taken) : AlwaysReady, ISock
    {
        public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags) =>
            SockResult.Fail(SocketError.OperationNotSupported);

        public SockResult Recv(Span<byte> buffer, SockFlags flags)
        {
            string from = flags.HasFlag(SockFlags.Peek) ? peeked : taken;
            int count = Math.Min(from.Length, buffer.Length);
            return SockResult.Ok(Encoding.ASCII.GetBytes(from.AsSpan(0, count), buffer));
        }
    }
}
