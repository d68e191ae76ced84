using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

public class FrameReaderTests
{
    private const byte Newline = (byte)'\n';

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void Frames_come_one_by_one_and_the_descriptor_stands_behind_each(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Arrive("one\n\ntwo\nthe next protocol"u8);
        var reader = new FrameReader(pair.Near, Newline, maxFrame: 100);
        Assert.Equal("one"u8, reader.Read(Within.Long));
        Assert.Equal("\ntwo\n"u8, pair.Near.Peek(5));
        Assert.Equal(""u8, reader.Read(Within.Long));
        Assert.Equal("two\nt"u8, pair.Near.Peek(5));
        Assert.Equal("two"u8, reader.Read(Within.Long));
        Assert.Equal("the next protocol"u8, pair.Near.RecvNow());
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_batch_is_every_complete_frame_and_nothing_behind_it(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Arrive("one\n\ntwo\nthr"u8);
        var reader = new FrameReader(pair.Near, Newline, maxFrame: 100);
        FrameBatch batch = reader.ReadBatch(new Range[10], Within.Long);
        Assert.Equal(3, batch.Count);
        Assert.Equal("one"u8, batch[0]);
        Assert.Equal(""u8, batch[1]);
        Assert.Equal("two"u8, batch[2]);
        Assert.Equal("one\n\ntwo\n"u8, batch.Bytes);
        pair.Arrive("ee\n"u8);
        Assert.Equal("three"u8, reader.Read(Within.Long));
    }

    [Fact]
    public void A_batch_takes_no_more_frames_than_the_caller_can_note()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("1\n2\n3\n4\n5\n"u8);
        var reader = new FrameReader(pair.Near, Newline, maxFrame: 100);
        Assert.Equal("1\n2\n"u8, reader.ReadBatch(new Range[2], Within.Long).Bytes);
        Assert.Equal("3"u8, reader.Read(Within.Long));
        Assert.Equal("4\n5\n"u8, reader.ReadBatch(new Range[9], Within.Long).Bytes);
    }

    [Fact]
    public void The_limit_counts_the_terminator_and_what_was_consumed_is_handed_back()
    {
        for (int limit = 0; limit <= 6; limit++)
        {
            using var pair = new Pair(PairKind.UnixByPoll);
            pair.Arrive("1234\nrest"u8);
            var reader = new FrameReader(pair.Near, Newline, limit, window: 3);
            SockOutcome outcome = reader.TryRead(out ReadOnlySpan<byte> frame, Within.Long);
            Assert.Equal(limit < 5 ? SockStatus.TooLong : SockStatus.Ok, outcome.Status);
            Assert.Equal("1234\n"u8[..Math.Min(limit, 4)], frame);
            Assert.Equal("1234\nrest"u8[Math.Min(limit, 5)..], pair.Near.RecvNow());
        }
    }

    [Fact]
    public void A_timeout_shows_what_it_consumed_of_a_frame_and_the_next_read_goes_on_with_it()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("whole\nhalf"u8);
        var reader = new FrameReader(pair.Near, Newline, 100);
        Assert.Equal("whole"u8, reader.Read(Within.Long));
        var failure = Assert.Throws<SockException>(() => reader.Read(TimeSpan.Zero));
        Assert.Equal(SockStatus.Timeout, failure.Status);
        Assert.Equal("half"u8, failure.Received.Span);
        Assert.Equal("half"u8, reader.Partial);
        Assert.Empty(pair.Near.RecvNow());
        pair.Arrive(" and half\n"u8);
        Assert.Equal("half and half"u8, reader.Read(Within.Long));
        Assert.True(reader.Partial.IsEmpty);
    }

    [Fact]
    public void The_end_of_the_stream_is_told_behind_the_last_frame()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("last\nhalf"u8);
        pair.Far.ShutdownSend();
        var reader = new FrameReader(pair.Near, Newline, 100);
        Assert.Equal("last"u8, reader.Read(Within.Long));
        SockOutcome end = reader.TryReadBatch(new Range[3], out FrameBatch batch, Within.Long);
        Assert.Equal(new SockOutcome(SockStatus.Closed, 4, 0), end);
        Assert.Equal("half"u8, batch.Bytes);
        Assert.Equal(0, batch.Count);
        Assert.Equal(SockStatus.Closed, reader.TryRead(out _, Within.Long).Status);
    }

    [Fact]
    public void Somebody_else_who_reads_in_between_is_found_out()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("one\ntwo\nthree\n"u8);
        var reader = new FrameReader(pair.Near, Newline, 100);
        reader.Read(Within.Long);
        pair.Near.RecvNow(length: 2); // "tw"
        SockOutcome outcome = reader.TryRead(out ReadOnlySpan<byte> came, Within.Long);
        Assert.Equal(new SockOutcome(SockStatus.Inconsistent, 4, 0), outcome);
        Assert.Equal("o\nth"u8, came);
        Assert.Equal("o\nth"u8, reader.Partial);
        Assert.True(reader.Peeked.IsEmpty);
        Assert.Equal("ree"u8, reader.Read(Within.Long));
    }

    [Theory]
    [InlineData(2, "else\n")]
    [InlineData(5, "")]
    public void Somebody_else_who_takes_half_a_frame_is_found_out(int taken, string more)
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("one\nstart"u8);
        var reader = new FrameReader(pair.Near, Newline, 100);
        reader.Read(Within.Long);
        pair.Near.RecvNow(taken);
        pair.Arrive(Encoding.ASCII.GetBytes(more));
        pair.Far.ShutdownSend();
        SockOutcome outcome = reader.TryRead(out ReadOnlySpan<byte> came, Within.Long);
        Assert.Equal(new SockOutcome(SockStatus.Inconsistent, 0, 0), outcome);
        Assert.True(came.IsEmpty);
        Assert.True(reader.Peeked.IsEmpty);
    }

    [Fact]
    public void It_reads_over_a_backend_of_three_calls()
    {
        var sock = new ScriptedSock("one\ntwo\n");
        var reader = new FrameReader(sock, Newline, 100, window: 4);
        Assert.Equal("one"u8, reader.Read(Within.Long));
        Assert.Equal("two"u8, reader.Read(Within.Long));
    }

    [Fact]
    public void Wrong_arguments_touch_nothing()
    {
        var sock = new ScriptedSock("x\n");
        Assert.Throws<ArgumentNullException>(() => new FrameReader(null!, Newline, 1));
        Assert.Throws<ArgumentException>(() => new FrameReader(sock, ""u8, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameReader(sock, Newline, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameReader(sock, Newline, 1, 0));
        Assert.Throws<ArgumentNullException>(() => new FrameReader(sock, (Framing)null!, 1));
        var reader = new FrameReader(sock, Newline, 100);
        Assert.Throws<ArgumentException>(() => reader.ReadBatch([], Within.Long));
        TimeSpan negative = TimeSpan.FromTicks(-1);
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Read(negative));
        Assert.Equal(0, sock.Recvs);
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        const int Rounds = 1000;
        const int SmallestObject = 24;
        using var pair = new Pair(PairKind.UnixByPoll);
        var reader = new FrameReader(pair.Near, Newline, 100, window: 64);
        var frames = new Range[2];
        long ReadSome()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int round = 0; round < Rounds; round++)
            {
                pair.Far.Send("1\n2\n3\n4\n"u8, SockFlags.None);
                reader.Read(Within.Long);
                reader.Read(Within.Long);
                reader.ReadBatch(frames, Within.Long);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        ReadSome();
        Assert.InRange(ReadSome(), 0, Rounds * SmallestObject - 1);
    }
}
