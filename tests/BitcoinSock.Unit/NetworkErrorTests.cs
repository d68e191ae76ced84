using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

public class NetworkErrorTests
{
    public static TheoryData<SocketError> Transient =>
        [SocketError.WouldBlock, SocketError.Interrupted, SocketError.InProgress];

    [Fact]
    public void Only_four_codes_are_worth_another_try()
    {
        int[] transient =
        [
            NetworkError.WouldBlock,
            NetworkError.Interrupted,
            NetworkError.InProgress,
        ];
        for (int code = 0; code < 12_000; code++)
        {
            Assert.Equal(!transient.Contains(code), NetworkError.IoErrorIsPermanent(code));
        }
    }

    [Theory]
    [MemberData(nameof(Transient))]
    public void Every_operation_tries_again_after_each_of_them(SocketError error)
    {
        SockResult First(int n, int asked) =>
            n == 1 ? SockResult.Fail(error) : SockResult.Ok(asked);

        var sender = new ScriptedSock { OnSend = First };
        Assert.Equal(SockOutcome.Ok(2), sender.TrySendComplete("ab"u8, Within.Long));
        Assert.Equal(2, sender.Sends);

        var exact = new ScriptedSock("ab") { OnRecv = First };
        Assert.Equal(SockOutcome.Ok(2), exact.TryRecvComplete(new byte[2], Within.Long));

        var peek = new ScriptedSock("a\nb") { OnRecv = First };
        Assert.Equal(SockOutcome.Ok(1), peek.TryRecvUntilTerminator(10, new byte[9], Within.Long));
        Assert.Equal(2, peek.Consumed);

        var take = new ScriptedSock("a\nb");
        take.OnRecv = (n, asked) => n == 2 ? SockResult.Fail(error) : SockResult.Ok(asked);
        Assert.Equal(SockOutcome.Ok(1), take.TryRecvUntilTerminator(10, new byte[9], Within.Long));
        Assert.Equal(2, take.Consumed);

        Assert.True(new ScriptedSock("a") { OnRecv = First }.IsConnected(out _));
    }

    [Fact]
    public void Every_operation_ends_at_once_with_the_code_of_any_other_error()
    {
        const int Own = 4711;
        SockResult Own2(int n, int asked) => n == 2 ? SockResult.Fail(Own) : SockResult.Ok(1);
        var failed = new SockOutcome(SockStatus.Failed, 1, Own);

        var sender = new ScriptedSock { OnSend = Own2 };
        Assert.Equal(failed, sender.TrySendComplete("ab"u8, Within.Long));
        Assert.Equal(2, sender.Sends);

        var exact = new ScriptedSock("ab") { OnRecv = Own2 };
        Assert.Equal(failed, exact.TryRecvComplete(new byte[2], Within.Long));

        var line = new ScriptedSock("ab") { OnRecv = (n, asked) => Own2(n - 1, asked) };
        Assert.Equal(failed, line.TryRecvUntilTerminator(10, new byte[9], Within.Long));

        var take = new ScriptedSock("ab") { OnRecv = Own2 };
        Assert.Equal(
            failed with
            {
                Count = 0,
            },
            take.TryRecvUntilTerminator(10, new byte[9], Within.Long)
        );

        var probe = new ScriptedSock { OnRecv = (_, _) => SockResult.Fail(Own) };
        Assert.False(probe.IsConnected(out string errmsg));
        Assert.EndsWith("(4711)", errmsg, StringComparison.Ordinal);
    }

    [Fact]
    public void A_code_is_said_in_the_words_of_the_system_and_as_a_number()
    {
        int code = NetworkError.NativeCode(SocketError.ConnectionRefused);
        string text = NetworkError.NetworkErrorString(code);
        Assert.EndsWith($" ({code})", text, StringComparison.Ordinal);
        Assert.Contains("refused", text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void To_ask_whether_a_call_would_block_allocates_nothing()
    {
        NetworkError.NativeCode(SocketError.WouldBlock);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int code = NetworkError.NativeCode(SocketError.WouldBlock);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(NetworkError.WouldBlock, code);
    }

    [Fact]
    public void The_last_error_is_that_of_the_last_call_that_failed_on_this_thread()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        SockResult nothing = pair.Near.Recv(new byte[1], SockFlags.DontWait);
        Assert.Equal(nothing.Error, NetworkError.LastSocketError());
        Background.Run(() => new Sock().Recv(new byte[1])).Join();
        Assert.Equal(nothing.Error, NetworkError.LastSocketError());
    }

    [Fact]
    public void Results_are_a_count_or_a_code()
    {
        Assert.Equal((3, 0, false), Parts(SockResult.Ok(3)));
        Assert.Equal((-1, 9, true), Parts(SockResult.Fail(9)));
        Assert.Equal(NetworkError.WouldBlock, SockResult.Fail(SocketError.WouldBlock).Error);
        Assert.Throws<ArgumentOutOfRangeException>(() => SockResult.Ok(-1));

        static (int, int, bool) Parts(SockResult result) =>
            (result.Count, result.Error, result.IsError);
    }
}
