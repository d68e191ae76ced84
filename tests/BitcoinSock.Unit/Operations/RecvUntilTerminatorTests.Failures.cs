using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What comes back of a line that does not end well.</summary>
public partial class RecvUntilTerminatorTests
{
    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_deadline_holds_on_a_blocking_handle_and_the_bytes_come_back(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Arrive("half a li"u8);
        long start = TimeProvider.System.GetTimestamp();
        var failure = Assert.Throws<SockException>(() =>
            pair.Near.RecvUntilTerminator(Newline, Within.Brief, default, 100)
        );
        TimeSpan took = TimeProvider.System.GetElapsedTime(start);

        Assert.InRange(took, Within.Brief, Within.Brief + Sock.MaxWaitForIo);
        Assert.Equal(SockStatus.Timeout, failure.Status);
        Assert.Equal("half a li"u8, failure.Received.Span);
        Assert.Equal(
            "Receive timeout (received 9 bytes without terminator before that)",
            failure.Message
        );
        pair.Arrive("ne\n"u8);
        Assert.Equal("ne", pair.Near.RecvUntilTerminator(Newline, Within.Long, default, 100));
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void An_interrupt_ends_it_and_the_bytes_come_back(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Arrive("half"u8);
        var interrupt = new ThreadInterrupt();
        var reader = Background.Run(() =>
            Assert.Throws<SockInterruptedException>(() =>
                pair.Near.RecvUntilTerminator(Newline, Timeout.InfiniteTimeSpan, interrupt, 100)
            )
        );
        reader.UntilBlocked();
        interrupt.Interrupt();
        SockInterruptedException interrupted = reader.Join();
        Assert.Equal(4, interrupted.Count);
        Assert.Equal("half"u8, interrupted.Received.Span);

        interrupt.Reset();
        pair.Arrive(" and half\n"u8);
        Assert.Equal(
            " and half",
            pair.Near.RecvUntilTerminator(Newline, Within.Long, interrupt, 100)
        );
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_peer_that_closes_in_mid_line_is_said_so_and_the_bytes_come_back(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Arrive("half"u8);
        pair.Far.Dispose();
        var failure = Assert.Throws<SockException>(() =>
            pair.Near.RecvUntilTerminator(Newline, Within.Long, default, 100)
        );
        Assert.Equal(SockStatus.Closed, failure.Status);
        Assert.Equal(
            "Connection unexpectedly closed by peer "
                + "(received 4 bytes without terminator before that)",
            failure.Message
        );
        Assert.Equal("half"u8, failure.Received.Span);
    }
}
