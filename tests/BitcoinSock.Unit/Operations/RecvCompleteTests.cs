using Xunit;

namespace BitcoinSock.Unit;

public class RecvCompleteTests
{
    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void It_reads_exactly_so_many_bytes_from_fragments(PairKind kind)
    {
        using var pair = new Pair(kind);
        var sender = Background.Run(() =>
        {
            foreach (byte b in "header+rest"u8.ToArray())
            {
                pair.Arrive(b);
            }

            return true;
        });
        byte[] header = new byte[6];
        pair.Near.RecvComplete(header, Within.Long);
        Assert.Equal("header"u8, header);
        sender.Join();
        Assert.Equal("+rest"u8, pair.Near.RecvNow());
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_deadline_holds_on_a_blocking_handle_and_the_bytes_come_back(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Arrive("abc"u8);
        byte[] buffer = new byte[5];
        long start = TimeProvider.System.GetTimestamp();
        var failure = Assert.Throws<SockException>(() =>
            pair.Near.RecvComplete(buffer, Within.Brief)
        );
        Assert.InRange(
            TimeProvider.System.GetElapsedTime(start),
            Within.Brief,
            Within.Brief + Sock.MaxWaitForIo
        );
        Assert.Equal(SockStatus.Timeout, failure.Status);
        Assert.Equal("Receive timeout (received only 3 of 5 bytes before that)", failure.Message);
        Assert.Equal("abc"u8, failure.Received.Span);
        Assert.Equal("abc"u8, buffer[..3]);
    }

    [Fact]
    public void The_end_of_the_stream_in_the_middle_is_Closed_with_the_count()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("ab"u8);
        pair.Far.Dispose();
        Assert.Equal(
            new SockOutcome(SockStatus.Closed, 2, 0),
            pair.Near.TryRecvComplete(new byte[3], Within.Long)
        );
    }

    [Fact]
    public void An_interrupt_ends_it()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        var interrupt = new ThreadInterrupt();
        interrupt.Interrupt();
        Assert.Throws<SockInterruptedException>(() =>
            pair.Near.RecvComplete(new byte[3], Within.Long, interrupt)
        );
    }

    [Fact]
    public void Nothing_to_read_is_success_without_a_call()
    {
        var sock = new ScriptedSock();
        sock.RecvComplete([], TimeSpan.Zero);
        Assert.Equal(0, sock.Recvs);
    }

    [Fact]
    public void A_backend_that_gives_more_than_there_is_room_is_inconsistent()
    {
        var sock = new Overfull();
        Assert.Equal(
            SockStatus.Inconsistent,
            sock.TryRecvComplete(new byte[3], Within.Long).Status
        );
        Assert.Equal(
            SockStatus.Inconsistent,
            sock.TryRecvUntilTerminator(0, new byte[3], Within.Long).Status
        );
    }

    private sealed class Overfull : AlwaysReady, ISockRecv
    {
        public SockResult Recv(Span<byte> buffer, SockFlags flags) =>
            SockResult.Ok(buffer.Length + 1);
    }
}
