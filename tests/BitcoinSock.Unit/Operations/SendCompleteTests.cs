using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

public class SendCompleteTests
{
    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void All_of_it_arrives_through_a_small_buffer_in_order(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Near.SetSockOpt(SocketOptionLevel.Socket, SocketOptionName.SendBuffer, 4096);
        byte[] data = new byte[3_000_000];
        new Random(1).NextBytes(data);
        var reader = Background.Run(() => pair.Far.Drain());

        pair.Near.SendComplete(data, Within.Long);
        pair.Near.ShutdownSend();

        Assert.Equal(data, reader.Join());
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void Texts_go_as_utf8_and_two_buffers_as_one(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Near.SendComplete("größe\n", Within.Long);
        Assert.Equal("größe\n"u8, pair.Far.RecvNow());

        Assert.Equal(
            SockOutcome.Ok(10),
            pair.Near.TrySendComplete("head"u8, "|tail\n"u8, Within.Long)
        );
        Assert.Equal("head|tail\n"u8, pair.Far.RecvNow());
        pair.Near.SendComplete(default, "only tail"u8, Within.Long);
        Assert.Equal("only tail"u8, pair.Far.RecvNow());
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_deadline_holds_on_a_blocking_handle_and_the_count_is_what_the_peer_drains(
        PairKind kind
    )
    {
        using var pair = new Pair(kind);
        byte[] data = new byte[20_000_000];
        new Random(2).NextBytes(data);

        long start = TimeProvider.System.GetTimestamp();
        var failure = Assert.Throws<SockException>(() =>
            pair.Near.SendComplete(data, Within.Brief)
        );
        TimeSpan took = TimeProvider.System.GetElapsedTime(start);

        Assert.InRange(took, Within.Brief, Within.Brief + Sock.MaxWaitForIo);
        Assert.Equal(SockStatus.Timeout, failure.Status);
        Assert.InRange(failure.Count, 1, data.Length - 1);
        Assert.Equal(
            $"Send timeout (sent only {failure.Count} of {data.Length} bytes before that)",
            failure.Message
        );
        Assert.Equal(data[..failure.Count], pair.DrainFar());
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void An_interrupt_ends_it_and_the_count_is_what_the_peer_drains(PairKind kind)
    {
        using var pair = new Pair(kind);
        byte[] data = new byte[20_000_000];
        var interrupt = new ThreadInterrupt();
        var sender = Background.Run(() =>
            pair.Near.TrySendComplete(data, Timeout.InfiniteTimeSpan, interrupt)
        );
        sender.UntilBlocked();
        interrupt.Interrupt();
        SockOutcome outcome = sender.Join();

        Assert.Equal(SockStatus.Interrupted, outcome.Status);
        Assert.Equal(outcome.Count, pair.DrainFar().Length);

        var thrown = Assert.Throws<SockInterruptedException>(() =>
            pair.Far.SendComplete(data, Within.Long, interrupt)
        );
        Assert.StartsWith("Send interrupted (sent only ", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(interrupt.Token, thrown.CancellationToken);
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_peer_that_is_gone_is_a_failure_with_the_code_of_the_call(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Far.Dispose();
        SockOutcome outcome = default;
        for (int i = 0; i < 100 && outcome.IsOk; i++)
        {
            outcome = pair.Near.TrySendComplete(new byte[1000], Within.Long);
        }

        Assert.Equal(SockStatus.Failed, outcome.Status);
        Assert.Contains(
            outcome.Error,
            (int[])
                [
                    NetworkError.NativeCode(SocketError.Shutdown),
                    NetworkError.NativeCode(SocketError.ConnectionReset),
                    NetworkError.NativeCode(SocketError.ConnectionAborted),
                ]
        );
    }

    [Fact]
    public void A_text_is_sent_without_garbage()
    {
        const int Rounds = 1000;
        const int SmallestObject = 24;
        using var pair = new Pair(PairKind.UnixByPoll);
        byte[] line = new byte[100];
        long SendSome()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int round = 0; round < Rounds; round++)
            {
                pair.Far.SendComplete("a text of some length\n", Within.Long);
                pair.Near.RecvUntilTerminator((byte)'\n', line, Within.Long);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        SendSome();
        Assert.InRange(SendSome(), 0, Rounds * SmallestObject - 1);
    }

    [Fact]
    public void Nothing_to_send_is_success_without_a_call()
    {
        var sock = new ScriptedSock();
        sock.SendComplete("", TimeSpan.Zero);
        sock.SendComplete(default, default, TimeSpan.Zero);
        Assert.Equal(0, sock.Sends);
        Assert.Equal(SockOutcome.Ok(0), new Sock().TrySendComplete([], Within.Long));
    }

    [Fact]
    public void After_progress_it_goes_on_without_a_wait_and_there_is_none_at_the_end()
    {
        var sock = new ScriptedSock { OnSend = (_, _) => SockResult.Ok(1) };
        sock.SendComplete("five!", TimeSpan.FromSeconds(1));
        Assert.Equal(5, sock.Sends);
        Assert.Equal(0, sock.Waits);
    }

    [Fact]
    public void Zero_is_one_try()
    {
        var sock = new ScriptedSock { OnSend = (_, _) => SockResult.Ok(2) };
        Assert.Equal(
            new SockOutcome(SockStatus.Timeout, 2, 0),
            sock.TrySendComplete("four"u8, TimeSpan.Zero)
        );
        Assert.Equal(1, sock.Sends);
        Assert.Equal(0, sock.Waits);
    }

    [Fact]
    public void A_call_that_takes_nothing_is_no_progress_and_is_waited_after()
    {
        var sock = new ScriptedSock { OnSend = (n, asked) => SockResult.Ok(n == 1 ? 0 : asked) };
        sock.SendComplete("data", TimeSpan.FromSeconds(1));
        Assert.Equal(1, sock.Waits);
    }

    [Fact]
    public void A_backend_that_takes_more_than_it_was_given_is_inconsistent()
    {
        var sock = new ScriptedSock { OnSend = (_, asked) => SockResult.Ok(asked + 1) };
        Assert.Equal(
            new SockOutcome(SockStatus.Inconsistent, 0, 0),
            sock.TrySendComplete("data"u8, TimeSpan.FromSeconds(1))
        );
    }

    [Fact]
    public void What_is_no_text_is_refused_before_anything_is_sent()
    {
        var sock = new ScriptedSock();
        Assert.ThrowsAny<ArgumentException>(() => sock.SendComplete("half \ud800", Within.Long));
        Assert.Equal(0, sock.Sends);
    }

    [Fact]
    public void Wrong_timeouts_are_refused_before_anything_is_sent()
    {
        var sock = new ScriptedSock();
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() =>
            sock.TrySendComplete("data"u8, TimeSpan.FromSeconds(-1))
        );
        Assert.Equal("timeout", refused.ParamName);
        Assert.Equal(0, sock.Sends);
    }
}
