using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

public class IsConnectedTests
{
    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void It_follows_the_connection_and_consumes_nothing(PairKind kind)
    {
        using var pair = new Pair(kind);
        Assert.True(pair.Near.IsConnected(out string errmsg));
        Assert.Equal("", errmsg);

        pair.Arrive("last"u8);
        pair.Near.Wait(Within.Long, SockEvents.Recv, out _);
        Assert.True(pair.Near.IsConnected(out _));
        pair.Far.Dispose();
        Assert.True(pair.Near.IsConnected(out _));
        Assert.Equal("last"u8, pair.Near.RecvNow());

        pair.Near.Wait(Within.Long, SockEvents.Recv, out _);
        Assert.False(pair.Near.IsConnected(out errmsg));
        Assert.Equal("closed", errmsg);
        Assert.Equal(SockResult.Ok(0), pair.Near.Recv(new byte[1]));
    }

    [Fact(
        Skip = "Wine 8 tells a reset as the end",
        SkipType = typeof(Wine),
        SkipWhen = nameof(Wine.IsHere)
    )]
    public void A_reset_is_told_by_its_text_and_an_empty_sock_is_not_connected()
    {
        using var pair = new Pair(PairKind.TcpByPoll);
        pair.Near.SendComplete("unread", Within.Long);
        pair.Far.Wait(Within.Long, SockEvents.Recv, out _);
        pair.Far.Dispose(); // with unread data: a reset

        pair.Near.Wait(Within.Long, SockEvents.Recv, out _);
        Assert.False(pair.Near.IsConnected(out string errmsg));
        int code = NetworkError.NativeCode(SocketError.ConnectionReset);
        Assert.Equal(NetworkError.NetworkErrorString(code), errmsg);

        Assert.False(new Sock().IsConnected(out errmsg));
        Assert.Equal("not connected", errmsg);
    }

    [Property]
    public void Only_an_end_or_a_permanent_error_says_that_it_is_gone(ErrorCode code, bool there)
    {
        var sock = new ScriptedSock("x");
        sock.OnRecv = (_, _) => SockResult.Fail(code.Value);
        bool isConnected = sock.IsConnected(out string errmsg);
        Assert.Equal(!NetworkError.IoErrorIsPermanent(code.Value), isConnected);
        Assert.Equal(
            isConnected ? ""
                : code.Value == NetworkError.BadHandle ? "not connected"
                : NetworkError.NetworkErrorString(code.Value),
            errmsg
        );

        sock.OnRecv = (_, _) => SockResult.Ok(there ? 1 : 0);
        Assert.Equal(there, sock.IsConnected(out errmsg));
        Assert.Equal(there ? "" : "closed", errmsg);
        Assert.Equal((2, 0), (sock.Recvs, sock.Consumed));
    }
}
