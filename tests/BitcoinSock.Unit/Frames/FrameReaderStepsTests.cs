using System.Buffers;
using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What FrameReader makes of what its calls say, one by one.</summary>
public class FrameReaderStepsTests
{
    private const byte Newline = (byte)'\n';

    [Fact]
    public void After_progress_it_goes_on_without_a_wait()
    {
        var sock = new ScriptedSock("frame\n") { OnRecv = (_, _) => SockResult.Ok(1) };
        Assert.Equal("frame"u8, new FrameReader(sock, Newline, 100).Read(Within.Long));
        Assert.Equal((12, 0), (sock.Recvs, sock.Waits));
    }

    [Fact]
    public void A_peek_may_show_less_than_the_one_before()
    {
        var sock = new ScriptedSock("abcdef\n");
        sock.OnRecv = (n, asked) =>
            n switch
            {
                1 => SockResult.Ok(6),
                2 => SockResult.Fail(NetworkError.WouldBlock),
                3 => SockResult.Ok(3),
                _ => SockResult.Ok(asked),
            };
        Assert.Equal("abcdef"u8, new FrameReader(sock, Newline, 100).Read(Within.Long));
    }

    [Fact]
    public void An_end_where_a_byte_was_shown_is_a_contradiction()
    {
        var sock = new ScriptedSock("one\nx");
        var reader = new FrameReader(sock, Newline, 100);
        Assert.Equal("one"u8, reader.Read(Within.Long));
        sock.Recv(new byte[1], SockFlags.None); // somebody else
        sock.OnRecv = (_, _) => SockResult.Ok(0);
        Assert.Equal(SockStatus.Inconsistent, reader.TryRead(out _, Within.Long).Status);
    }

    [Fact]
    public void A_frame_of_the_length_of_the_window_needs_no_memory_but_the_rented()
    {
        const int Length = 64 * 1024;
        var sock = new ScriptedSock(new string('x', Length - 1) + "\n");
        var reader = new FrameReader(sock, Newline, Length, Length);
        ArrayPool<byte>.Shared.Return(ArrayPool<byte>.Shared.Rent(Length));
        long before = GC.GetAllocatedBytesForCurrentThread();
        int read = reader.Read(Within.Long).Length;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * Length - 1);
        Assert.Equal(Length - 1, read);
    }

    [Fact]
    public void Only_the_first_read_after_a_contradiction_starts_anew()
    {
        var sock = new ScriptedSock("one\ntwo\nthree\nfour\nfive\n");
        var reader = new FrameReader(sock, Newline, 100);
        Assert.Equal("one"u8, reader.Read(Within.Long));
        sock.Recv(new byte[2], SockFlags.None); // somebody else
        Assert.Equal(SockStatus.Inconsistent, reader.TryRead(out _, Within.Long).Status);
        Assert.Equal(4, sock.Recvs);
        Assert.Equal("ree"u8, reader.Read(Within.Long));
        Assert.Equal("four"u8, reader.Read(Within.Long));
        Assert.Equal("five"u8, reader.Read(Within.Long));
        Assert.Equal(8, sock.Recvs); // a peek, and one of each
    }

    [Fact]
    public void The_limit_is_of_each_frame_of_a_batch()
    {
        var sock = new ScriptedSock("123\n456\n789\n1234\n");
        var reader = new FrameReader(sock, Newline, maxFrame: 4);
        Assert.Equal(3, reader.ReadBatch(new Range[9], Within.Long).Count);
        var failure = Assert.Throws<SockException>(() =>
            reader.ReadBatch(new Range[9], Within.Long)
        );
        Assert.Equal(SockStatus.TooLong, failure.Status);
        Assert.Equal("1234"u8, failure.Received.Span);
    }

    [Fact]
    public void A_frame_that_is_too_long_is_so_whatever_the_clock_says()
    {
        var sock = new ScriptedSock("too long\n");
        sock.OnRecv = (_, asked) =>
        {
            sock.Clock.Advance(Within.Long);
            return SockResult.Ok(asked);
        };
        Assert.Equal(
            new SockOutcome(SockStatus.TooLong, 8, 0),
            new FrameReader(sock, Newline, 8).TryRead(out _, Within.Long)
        );
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_call_that_would_block_is_waited_after_and_one_that_fails_ends_it(int call)
    {
        // Peek, take half of it, take the rest; then a peek for the next frame, which is not there.
        var sock = new ScriptedSock("frame\n");
        sock.OnRecv = (n, asked) =>
            n == call ? SockResult.Fail(NetworkError.WouldBlock)
            : sock.LastFlags.HasFlag(SockFlags.Peek) ? SockResult.Ok(asked)
            : SockResult.Ok(3);
        var reader = new FrameReader(sock, Newline, 100);
        Assert.Equal("frame"u8, reader.Read(Within.Long));
        Assert.Equal(call <= 3 ? 1 : 0, sock.Waits);

        sock = new ScriptedSock("frame\nnext");
        sock.OnRecv = (n, asked) =>
            n == call ? SockResult.Fail(4711)
            : sock.LastFlags.HasFlag(SockFlags.Peek) ? SockResult.Ok(asked)
            : SockResult.Ok(3);
        reader = new FrameReader(sock, Newline, 100);
        SockOutcome outcome = reader.TryReadBatch(new Range[2], out FrameBatch batch, Within.Long);
        if (call == 4)
        {
            Assert.Equal(SockOutcome.Ok(6), outcome);
            return;
        }

        Assert.Equal(new SockOutcome(SockStatus.Failed, sock.Consumed, 4711), outcome);
        Assert.Equal(sock.Consumed, batch.Bytes.Length);
        Assert.Equal(0, batch.Count);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(2, -6)]
    public void A_backend_that_counts_wrong_is_inconsistent(int call, int more)
    {
        var reader = new FrameReader(new Miscounting("frame\n", call, more), Newline, 100, 6);
        Assert.Equal(
            new SockOutcome(SockStatus.Inconsistent, 0, 0),
            reader.TryRead(out _, Within.Long)
        );
    }

    /// <summary>Says of one call that it moved more bytes than it did, or fewer.</summary>
    private sealed class Miscounting(string shown, int call, int more) : AlwaysReady, ISock
    {
        private int _calls;

        public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags) =>
            throw new NotSupportedException();

        public SockResult Recv(Span<byte> buffer, SockFlags flags)
        {
            int count = Encoding.ASCII.GetBytes(shown, buffer);
            return SockResult.Ok(++_calls == call ? count + more : count);
        }
    }
}
