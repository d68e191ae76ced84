using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The cases of Core's src/test/sock_tests.cpp, by their names there.</summary>
[Alone]
public class CoreSockTests
{
    private static bool IsClosed(CSocket socket)
    {
        var look = new Sock(socket);
        SockResult asked = look.GetSockOpt(SocketOptionLevel.Socket, SocketOptionName.Type, out _);
        look.Release();
        return asked.IsError && asked.Error == (OperatingSystem.IsWindows() ? 10038 : 9);
    }

    [Fact]
    public void Constructor_and_destructor()
    {
        CSocket socket = Sock.Create(AddressFamily.InterNetwork).Release();
        var sock = new Sock(socket);
        Assert.Equal(socket, sock.Get());
        Assert.False(IsClosed(socket));
        sock.Dispose();
        Assert.True(IsClosed(socket));
    }

    [Fact]
    public void Move_constructor_and_move_assignment()
    {
        CSocket first = Sock.Create(AddressFamily.InterNetwork).Release();
        CSocket second = Sock.Create(AddressFamily.InterNetwork).Release();
        var from = new Sock(first);
        var to = new Sock();
        to.AssignFrom(from);
        Assert.Equal(first, to.Get());
        Assert.True(from.IsEmpty);
        from.Dispose();
        Assert.False(IsClosed(first));

        from = new Sock(second);
        to.AssignFrom(from);
        Assert.True(IsClosed(first));
        Assert.Equal(second, to.Get());
        to.Dispose();
        Assert.True(IsClosed(second));
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void Send_and_receive(PairKind kind)
    {
        using var pair = new Pair(kind);
        SendAndRecv(pair.Near, pair.Far);
        SendAndRecv(pair.Far, pair.Near);
        var moved = new Sock();
        moved.AssignFrom(pair.Near);
        SendAndRecv(moved, pair.Far);
        moved.Dispose();

        static void SendAndRecv(Sock sender, Sock receiver)
        {
            byte[] buffer = new byte[4];
            Assert.Equal(SockResult.Ok(4), sender.Send("abcd"u8));
            Assert.Equal(SockResult.Ok(4), receiver.Recv(buffer));
            Assert.Equal("abcd"u8, buffer);
        }
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void Wait_for_a_day(PairKind kind)
    {
        using var pair = new Pair(kind);
        var waiter = Background.Run(() =>
            pair.Near.Wait(TimeSpan.FromHours(24), SockEvents.Recv, out _)
        );
        waiter.UntilBlocked();
        pair.Arrive("a"u8);
        Assert.Equal(SockResult.Ok(1), waiter.Join());
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void Recv_until_terminator_limit(PairKind kind)
    {
        const byte Newline = (byte)'\n';
        using var pair = new Pair(kind);
        pair.Arrive("1234567\n"u8);
        Assert.Equal(
            "1234567",
            pair.Near.RecvUntilTerminator(Newline, Within.Long, default, maxData: 10)
        );
        pair.Arrive("1234567890\n"u8);
        var failure = Assert.Throws<SockException>(() =>
            pair.Near.RecvUntilTerminator(Newline, Within.Long, default, maxData: 10)
        );
        Assert.Equal("Received too many bytes without a terminator (10)", failure.Message);
        Assert.Equal("\n"u8, pair.Near.RecvNow());
    }
}
