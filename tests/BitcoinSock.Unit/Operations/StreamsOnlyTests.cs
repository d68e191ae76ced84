using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>A message whose rest would be lost is not begun.</summary>
public sealed class StreamsOnlyTests
{
    private static readonly TimeSpan NoTime = TimeSpan.Zero;

    public static bool OnLinux => OperatingSystem.IsLinux();

    public static TheoryData<string> Receiving => [.. ByName.Keys];

    private static Dictionary<string, Action<Sock>> ByName =>
        new()
        {
            ["RecvComplete"] = sock => sock.TryRecvComplete(new byte[2], NoTime),
            ["RecvComplete, throwing"] = sock => sock.RecvComplete(new byte[2], NoTime),
            ["a line"] = sock => sock.TryRecvUntilTerminator(1, new byte[2], NoTime),
            ["a line of text"] = sock => sock.RecvUntilTerminator(1, NoTime, default, 2),
            ["a line into a writer"] = sock =>
                sock.RecvUntilTerminator(1, new ArrayBufferWriter<byte>(), NoTime, default, 2),
            ["a line of an ISock"] = sock =>
                ((ISock)sock).TryRecvUntilTerminator(1, new byte[2], NoTime),
            ["frames that end in a byte"] = sock => _ = new FrameReader(sock, 1, 100),
            ["frames that end in several"] = sock => _ = new FrameReader(sock, [1, 2], 100),
        };

    [Theory]
    [MemberData(nameof(Receiving))]
    public void A_sock_created_for_messages_is_refused_and_the_message_is_whole(string operation)
    {
        using Sock sock = Datagrams();
        sock.Send([3, 2, 1], SockFlags.None).ThrowIfError("send");
        using var other = new Sock();
        other.AssignFrom(sock);
        Assert.Equal(1, other.Wait(Within.Long, SockEvents.Recv, out _).Count);

        var refused = Assert.Throws<ArgumentException>(() => ByName[operation](other));
        Assert.Contains("for streams", refused.Message, StringComparison.Ordinal);
        Assert.Equal([3, 2, 1], other.RecvNow());
    }

    [Theory]
    [MemberData(nameof(Receiving))]
    public void A_stream_is_not(string operation)
    {
        (Sock first, Sock second) = Sock.CreatePair();
        using Sock near = first,
            far = second;
        far.SendComplete([3, 1, 2, 0], Within.Long);
        ByName[operation](near);
    }

    [Fact]
    public void A_message_is_sent_whole_and_its_sender_is_there()
    {
        using Sock sock = Datagrams();
        Assert.True(sock.TrySendComplete([1, 2, 3], Within.Long).IsOk);
        Assert.Equal(1, sock.Wait(Within.Long, SockEvents.Recv, out _).Count);
        Assert.Equal("", sock.IsConnected(out string why) ? "" : why);
        Assert.Equal([1, 2, 3], sock.RecvNow());
    }

    [Fact]
    public void Of_a_message_that_is_longer_a_call_gives_what_there_is_room_for()
    {
        using Sock sock = Datagrams();
        sock.Send([1, 2, 3], SockFlags.None).ThrowIfError("send");
        Assert.Equal(1, sock.Wait(Within.Long, SockEvents.Recv, out _).Count);
        byte[] two = new byte[2];
        Assert.Equal(SockResult.Ok(2), sock.Recv(two, SockFlags.Peek));
        Assert.Equal(SockResult.Ok(2), sock.Recv(two));
        Assert.Equal([1, 2], two);
    }

    [Fact(Skip = "SOCK_SEQPACKET of unix is Linux's", SkipUnless = nameof(OnLinux))]
    public void What_a_listener_for_messages_accepts_is_refused_too()
    {
        string path = Path.Join(Path.GetTempPath(), $"bitcoinsock-{Guid.NewGuid():N}");
        var here = new UnixDomainSocketEndPoint(path);
        using Sock listener = Sock.Create(AddressFamily.Unix, SocketType.Seqpacket);
        using Sock near = Sock.Create(AddressFamily.Unix, SocketType.Seqpacket);
        listener.Bind(here).ThrowIfError("bind");
        try
        {
            listener.Listen(1).ThrowIfError("listen");
            near.ConnectComplete(here, Within.Long);
            listener.Accept(out Sock far).ThrowIfError("accept");
            using (far)
            {
                near.Send([1, 2, 3], SockFlags.None).ThrowIfError("send");
                Assert.Throws<ArgumentException>(() => far.RecvComplete(new byte[2], NoTime));
                Assert.Equal([1, 2, 3], far.RecvNow());
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_Socket_of_messages_is_no_ManagedSock()
    {
        using var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
        Assert.Throws<ArgumentException>(() => new ManagedSock(socket));
        Assert.False(socket.SafeHandle.IsClosed);
    }

    // Connected to itself.
    private static Sock Datagrams()
    {
        Sock sock = Sock.Create(AddressFamily.InterNetwork, SocketType.Dgram);
        sock.Bind(new IPEndPoint(IPAddress.Loopback, 0)).ThrowIfError("bind");
        sock.GetSockName(out EndPoint? own).ThrowIfError("getsockname");
        sock.Connect(own!).ThrowIfError("connect");
        return sock;
    }
}
