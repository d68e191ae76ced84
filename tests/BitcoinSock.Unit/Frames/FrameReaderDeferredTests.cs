using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

public class FrameReaderDeferredTests
{
    private const byte Newline = (byte)'\n';

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void After_settling_another_reader_goes_on_behind_the_last_frame(PairKind kind)
    {
        const int Frames = 5;
        for (int read = 0; read <= Frames; read++)
        {
            using var pair = new Pair(kind);
            pair.Arrive("0\n1\n2\n3\n4\nrest"u8);
            using var reader = new FrameReader(pair.Near, Newline, 100) { IsDeferred = true };
            for (int i = 0; i < read; i++)
            {
                Assert.Equal([(byte)('0' + i)], reader.Read(Within.Long));
            }

            Assert.Equal(SockOutcome.Ok(2 * read), reader.TrySettle(Within.Long));
            Assert.Equal("0\n1\n2\n3\n4\nrest"u8[(2 * read)..], pair.Near.RecvNow());
        }
    }

    [Fact]
    public void Frames_that_are_shown_cost_no_call_and_are_consumed_together()
    {
        var sock = new ScriptedSock("1\n2\n3\n4\n");
        sock.OnWait = (_, slice) => sock.TimeOut(slice);
        using var reader = new FrameReader(sock, Newline, 100) { IsDeferred = true };
        for (int i = 1; i <= 4; i++)
        {
            Assert.Equal([(byte)('0' + i)], reader.Read(Within.Long));
            Assert.Equal((1, 0), (sock.Recvs, sock.Consumed));
        }

        // Before it waits it has consumed them.
        sock.OnWait = (_, slice) =>
        {
            Assert.Equal(8, sock.Consumed);
            return sock.TimeOut(slice);
        };
        Assert.Equal(SockStatus.Timeout, reader.TryRead(out _, Within.Long).Status);
        Assert.NotEqual(0, sock.Waits);
    }

    [Fact]
    public void One_that_is_disposed_leaves_the_descriptor_behind_what_it_returned()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("one\ntwo\n"u8);
        using (var reader = new FrameReader(pair.Near, Newline, 100) { IsDeferred = true })
        {
            Assert.Equal("one"u8, reader.Read(Within.Long));
            Assert.Equal("one\ntwo\n"u8, pair.Near.Peek(8));
        }

        Assert.Equal("two\n"u8, pair.Near.RecvNow());
    }

    [Fact]
    public void A_second_reader_in_between_is_found_out_when_it_settles()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("one\ntwo\nthree\n"u8);
        using var reader = new FrameReader(pair.Near, Newline, 100) { IsDeferred = true };
        Assert.Equal("one"u8, reader.Read(Within.Long));
        pair.Near.RecvNow(length: 4);
        var failure = Assert.Throws<SockException>(() => reader.Settle(Within.Long));
        Assert.Equal((SockStatus.Inconsistent, 4), (failure.Status, failure.Count));
        Assert.Equal("two\n"u8, failure.Received.Span);
        Assert.Equal("two\n"u8, reader.TakePartial());
        Assert.Equal("three"u8, reader.Read(Within.Long));
    }

    [Fact]
    public void One_that_fails_to_settle_says_so_and_can_be_asked_again()
    {
        var sock = new ScriptedSock("one\n");
        using var reader = new FrameReader(sock, Newline, 100) { IsDeferred = true };
        Assert.Equal("one"u8, reader.Read(Within.Long));
        sock.OnRecv = (_, _) => SockResult.Fail(NetworkError.WouldBlock);
        Assert.Equal(SockStatus.Timeout, reader.TrySettle(TimeSpan.Zero).Status);
        sock.OnRecv = (_, _) => SockResult.Fail(4711);
        var failure = Assert.Throws<SockException>(() => reader.Settle(Within.Long));
        Assert.Equal(4711, failure.ErrorCode);
        sock.OnRecv = (_, _) => SockResult.Ok(1);
        Assert.Equal(SockOutcome.Ok(4), reader.TrySettle(Within.Long));
        Assert.Equal(SockOutcome.Ok(0), reader.TrySettle(Within.Long));
    }

    [Fact]
    public void It_waits_to_settle_only_if_the_system_says_that_what_is_there_is_not()
    {
        var sock = new ScriptedSock("one\n");
        using var reader = new FrameReader(sock, Newline, 100) { IsDeferred = true };
        Assert.Equal("one"u8, reader.Read(Within.Long));
        int before = sock.Recvs;
        sock.OnRecv = (n, asked) =>
            n == before + 1 ? SockResult.Fail(NetworkError.WouldBlock) : SockResult.Ok(asked);
        Assert.Equal(SockOutcome.Ok(4), reader.TrySettle(Within.Long));
        Assert.Equal(1, sock.Waits);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_read_that_cannot_settle_shows_nothing_more(bool fails)
    {
        var sock = new ScriptedSock("one\ntwo\n");
        using var reader = new FrameReader(sock, Newline, 100, window: 4) { IsDeferred = true };
        Assert.Equal("one"u8, reader.Read(Within.Long));
        sock.OnRecv = (_, _) => fails ? SockResult.Fail(4711) : SockResult.Ok(3);
        SockOutcome outcome = reader.TryRead(out _, TimeSpan.Zero);
        Assert.Equal(fails ? SockStatus.Failed : SockStatus.Timeout, outcome.Status);
        Assert.Equal((2, fails ? 0 : 3), (sock.Recvs, sock.Consumed));
        sock.OnRecv = (_, asked) => SockResult.Ok(asked);
        Assert.Equal("two"u8, reader.Read(Within.Long));
    }

    [Fact]
    public void What_is_returned_and_forgotten_is_read_again()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("one\ntwo\n"u8);
        using var reader = new FrameReader(pair.Near, Newline, 100) { IsDeferred = true };
        Assert.Equal("one"u8, reader.Read(Within.Long));
        reader.Forget();
        Assert.Equal("one"u8, reader.Read(Within.Long));
    }

    [Fact]
    public void A_wrong_timeout_is_refused_though_a_frame_is_shown()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("one\ntwo\n"u8);
        using var reader = new FrameReader(pair.Near, Newline, 100) { IsDeferred = true };
        reader.Read(Within.Long);
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Read(TimeSpan.FromTicks(-1)));
        Assert.Equal("two"u8, reader.Read(Within.Long));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_loop_that_awaits_gets_every_frame_to_the_end(bool isDeferred)
    {
        using var pair = new Pair(PairKind.TcpByPoll);
        using var reader = new FrameReader(pair.Near, Newline, 100) { IsDeferred = isDeferred };
        var sender = Background.Run(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                pair.Far.SendComplete($"frame {i}\n", Within.Long);
            }

            return pair.Far.ShutdownSend();
        });
        int count = 0;
        await foreach (ReadOnlyMemory<byte> frame in reader.ReadAllAsync(Within.Long))
        {
            Assert.Equal($"frame {count++}", Encoding.ASCII.GetString(frame.Span));
        }

        sender.Join();
        Assert.Equal(1000, count);
        await reader.SettleAsync(Within.Long);
        Assert.Equal(SockOutcome.Ok(0), await reader.TrySettleAsync(Within.Long));
        Assert.Empty(pair.Near.RecvNow());
    }

    [Fact]
    public async Task A_loop_that_ends_within_a_frame_throws_what_came_of_it()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("one\nhalf"u8);
        pair.Far.ShutdownSend();
        using var reader = new FrameReader(pair.Near, Newline, 100) { IsDeferred = true };
        List<string> read = [];
        var failure = await Assert.ThrowsAsync<SockException>(async () =>
        {
            await foreach (ReadOnlyMemory<byte> frame in reader.ReadAllAsync(Within.Long))
            {
                read.Add(Encoding.ASCII.GetString(frame.Span));
            }
        });
        Assert.Equal(["one"], read);
        Assert.Equal((SockStatus.Closed, 4), (failure.Status, failure.Count));
        Assert.Equal("half"u8, failure.Received.Span);
    }
}
