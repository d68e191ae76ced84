using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What stays with a reader between two calls, and how it is taken from it.</summary>
public class FrameReaderPartialTests
{
    [Fact]
    public void A_terminator_that_comes_in_two_halves_ends_one_frame()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        using var reader = new FrameReader(pair.Near, "\r\n"u8, 100);
        pair.Arrive("one\r"u8);
        Assert.Equal(SockStatus.Timeout, reader.TryRead(out _, TimeSpan.Zero).Status);
        pair.Arrive("\ntwo\r\n"u8);
        Assert.Equal("one"u8, reader.Read(Within.Long));
        Assert.Equal("two"u8, reader.Read(Within.Long));
    }

    [Fact]
    public void What_is_taken_is_the_callers_and_the_next_frame_begins_behind_it()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        using var reader = new FrameReader(pair.Near, (byte)'\n', 100);
        pair.Arrive("half"u8);
        Assert.Equal(SockStatus.Timeout, reader.TryRead(out _, TimeSpan.Zero).Status);
        Assert.Equal("half"u8, reader.TakePartial());
        Assert.Empty(reader.TakePartial());
        pair.Arrive("whole\n"u8);
        Assert.Equal("whole"u8, reader.Read(Within.Long));
    }

    [Fact]
    public void A_frame_stays_too_long_until_it_is_taken()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        using var reader = new FrameReader(pair.Near, (byte)'\n', 4);
        pair.Arrive("too long\nok\n"u8);
        var tooLong = new SockOutcome(SockStatus.TooLong, 4, 0);
        Assert.Equal(tooLong, reader.TryRead(out _, Within.Long));
        Assert.Equal(tooLong, reader.TryRead(out ReadOnlySpan<byte> part, Within.Long));
        Assert.Equal("too "u8, part);
        Assert.Equal("too "u8, reader.TakePartial());
        Assert.Equal(SockStatus.TooLong, reader.TryRead(out _, Within.Long).Status);
        Assert.Equal("long"u8, reader.TakePartial());
        Assert.Equal(""u8, reader.Read(Within.Long));
        Assert.Equal("ok"u8, reader.Read(Within.Long));
    }

    [Fact]
    public void A_header_that_tells_of_too_much_is_too_long_at_once()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        using var reader = new FrameReader(pair.Near, Framing.HasLength(1, 2, 3), 100);
        pair.Arrive([7, 98, 0, 1, 2, 3]);
        SockOutcome outcome = reader.TryRead(out _, Within.Long);
        Assert.Equal(new SockOutcome(SockStatus.TooLong, 6, 0), outcome);
        Assert.Equal<byte>([7, 98, 0, 1, 2, 3], reader.TakePartial());
        pair.Arrive([7, 1, 0, 8, 7]);
        Assert.Equal<byte>([7, 1, 0, 8], reader.Read(Within.Long));
    }

    [Fact]
    public void A_frame_longer_than_the_window_is_gathered_whatever_the_window_is()
    {
        byte[] payload = new byte[5000];
        Random.Shared.NextBytes(payload);
        for (int window = 1; window <= 4096; window *= 4)
        {
            using var pair = new Pair(PairKind.UnixByPoll);
            Framing framing = Framing.HasLength(0, 2, 2, isBigEndian: true);
            using var reader = new FrameReader(pair.Near, framing, 6000, window);
            pair.Arrive([5000 >> 8, 5000 & 0xff, .. payload, 9]);
            Assert.Equal(payload, reader.Read(Within.Long)[2..]);
            Assert.Equal<byte>([9], pair.Near.RecvNow());
        }
    }

    [Fact]
    public void Who_forgets_may_let_another_read_in_between()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        using var reader = new FrameReader(pair.Near, (byte)'\n', 100);
        pair.Arrive("one\ntwo\nthree\n"u8);
        Assert.Equal("one"u8, reader.Read(Within.Long));
        Assert.Equal("two\nthree\n"u8, reader.Peeked);
        reader.Forget();
        Assert.True(reader.Peeked.IsEmpty);
        Assert.Equal("two\n"u8, pair.Near.RecvNow(4));
        Assert.Equal("three"u8, reader.Read(Within.Long));
    }

    [Fact]
    public void Who_forgets_after_a_contradiction_still_starts_anew()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        using var reader = new FrameReader(pair.Near, (byte)'\n', 100);
        pair.Arrive("one\ntwo\nthree\n"u8);
        Assert.Equal("one"u8, reader.Read(Within.Long));
        pair.Near.RecvNow(length: 2); // "tw"
        Assert.Equal(SockStatus.Inconsistent, reader.TryRead(out _, Within.Long).Status);
        reader.Forget();
        Assert.Equal("o\nth"u8, reader.Partial);
        Assert.Equal("ree"u8, reader.Read(Within.Long));
    }

    [Fact]
    public void What_a_header_has_told_stays_known_to_who_forgets_what_is_behind_it()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        using var reader = new FrameReader(pair.Near, Framing.HasLength(1, 2, 3), 100);
        pair.Arrive([7, 98, 0, 1, 2, 3]);
        var tooLong = new SockOutcome(SockStatus.TooLong, 6, 0);
        Assert.Equal(tooLong, reader.TryRead(out _, Within.Long));
        reader.Forget();
        Assert.Equal(tooLong, reader.TryRead(out _, TimeSpan.Zero));
    }

    [Fact]
    public void A_length_is_asked_for_once_though_nothing_of_it_was_consumed()
    {
        var sock = new ScriptedSock("\u0001a");
        sock.OnRecv = (n, asked) =>
            n == 2 ? SockResult.Fail(NetworkError.WouldBlock) : SockResult.Ok(asked);
        var once = new Once();
        using var reader = new FrameReader(sock, once, 100);
        Assert.Equal(SockStatus.Timeout, reader.TryRead(out _, TimeSpan.Zero).Status);
        Assert.Empty(reader.TakePartial());
        Assert.Equal(2, reader.Read(Within.Long).Length);
        Assert.Equal(1, once.Asked);
    }

    private sealed class Once : Framing
    {
        public int Asked { get; private set; }

        public override long FindLength(ReadOnlySpan<byte> bytes, int searched)
        {
            Asked++;
            return bytes[0] + 1;
        }
    }

    [Theory]
    [InlineData(4711, SockStatus.Failed)]
    [InlineData(0, SockStatus.Inconsistent)]
    public void A_part_that_cannot_be_consumed_is_not_told_as_one(int error, SockStatus status)
    {
        var sock = new ScriptedSock("part");
        sock.OnRecv = (n, asked) =>
            n == 1 ? SockResult.Ok(asked)
            : error == 0 ? SockResult.Ok(0)
            : SockResult.Fail(error);
        using var reader = new FrameReader(sock, (byte)'\n', 100);
        var outcome = new SockOutcome(status, 0, error);
        Assert.Equal(outcome, reader.TryRead(out _, Within.Long));
        Assert.True(reader.Partial.IsEmpty);
        Assert.Equal(0, sock.Consumed);
    }

    [Fact]
    public void An_end_within_a_frame_is_told_with_it_as_often_as_is_asked()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        using var reader = new FrameReader(pair.Near, (byte)'\n', 100);
        pair.Arrive("half"u8);
        pair.Far.ShutdownSend();
        var closed = new SockOutcome(SockStatus.Closed, 4, 0);
        Assert.Equal(closed, reader.TryRead(out _, Within.Long));
        Assert.Equal(closed, reader.TryRead(out ReadOnlySpan<byte> half, Within.Long));
        Assert.Equal("half"u8, half);
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void An_idle_reader_takes_256_bytes_at_most() =>
        Fresh.Process(MakeIdleReaders, heapMiB: 100);

    private static void MakeIdleReaders()
    {
        const int Readers = 10_000;
        using var pair = new Pair(PairKind.UnixByPoll);
        var readers = new FrameReader[Readers];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Readers; i++)
        {
            readers[i] = new FrameReader(pair.Near, (byte)'\n', 100_000);
            Assert.Equal(SockStatus.Timeout, readers[i].TryRead(out _, TimeSpan.Zero).Status);
        }

        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Readers;
        Assert.InRange(each, 0, 256);
        GC.KeepAlive(readers);
    }
}
