using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Each wrapper is one call with one answer.</summary>
[Alone]
public partial class SyscallTests
{
    public static bool OnPosix => !OperatingSystem.IsWindows();

    public static bool OnLinux => OperatingSystem.IsLinux();

    public static TheoryData<AddressFamily> Families =>
        [
            new TheoryDataRow<AddressFamily>(AddressFamily.InterNetwork),
            new TheoryDataRow<AddressFamily>(AddressFamily.InterNetworkV6),
            new TheoryDataRow<AddressFamily>(AddressFamily.Unix)
            {
                Skip = Wine.IsHere ? "Wine 8 has no unix sockets" : null,
            },
        ];

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void Send_and_Recv_carry_bytes_both_ways(PairKind kind)
    {
        using var pair = new Pair(kind);
        Assert.Equal(SockResult.Ok(4), pair.Near.Send("ping"u8));
        Assert.Equal("ping"u8, pair.Far.RecvNow());
        Assert.Equal(SockResult.Ok(4), pair.Far.Send("pong"u8));
        Assert.Equal("pong"u8, pair.Near.RecvNow());
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void A_peek_leaves_the_bytes_there(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Arrive("abc"u8);
        byte[] buffer = new byte[2];
        Assert.Equal(SockResult.Ok(2), pair.Near.Recv(buffer, SockFlags.Peek));
        Assert.Equal("ab"u8, buffer);
        Assert.Equal("abc"u8, pair.Near.RecvNow());
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void DontWait_does_not_block_on_a_blocking_handle(PairKind kind)
    {
        using var pair = new Pair(kind);
        SockResult nothing = pair.Near.Recv(new byte[1], SockFlags.DontWait);
        Assert.True(nothing.IsError);
        Assert.False(NetworkError.IoErrorIsPermanent(nothing.Error));
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void SetNonBlocking_makes_every_call_return(PairKind kind)
    {
        using var pair = new Pair(kind);
        Assert.Equal(SockResult.Ok(0), pair.Near.SetNonBlocking());
        Assert.Equal(
            SockResult.Fail(SocketError.WouldBlock),
            pair.Near.Recv(new byte[1], SockFlags.None)
        );
    }

    [Theory]
    [MemberData(nameof(Pair.Kinds), MemberType = typeof(Pair))]
    public void ShutdownSend_ends_our_side_only(PairKind kind)
    {
        using var pair = new Pair(kind);
        pair.Near.SendComplete("last words", Within.Long);
        Assert.Equal(SockResult.Ok(0), pair.Near.ShutdownSend());
        Assert.Equal("last words"u8, pair.Far.Drain());
        Assert.True(pair.Near.Send([1], SockFlags.NoSignal).IsError);
        pair.Arrive("an answer"u8);
        Assert.Equal("an answer"u8, pair.Near.RecvNow());
    }

    [Fact(Skip = "looks at signals as Linux has them", SkipUnless = nameof(OnLinux))]
    public void A_send_to_nobody_raises_SIGPIPE_unless_it_is_told_not_to()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Far.Dispose();
        bool[] raised = Background
            .Run(() =>
            {
                // One that is blocked stays pending, though the runtime ignores it.
                using var signal = new BlockedSigPipe();
                return (bool[])
                    [
                        signal.IsRaisedBy(() => pair.Near.Send([1], SockFlags.NoSignal)),
                        signal.IsRaisedBy(() => pair.Near.Send([1], SockFlags.None)),
                        signal.IsRaisedBy(() => pair.Near.TrySendComplete([1], Within.Long)),
                    ];
            })
            .Join();
        Assert.Equal([false, true, false], raised);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Bind_listen_connect_and_accept_make_a_connection(AddressFamily family)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        EndPoint wanted = family switch
        {
            AddressFamily.InterNetwork => new IPEndPoint(IPAddress.Loopback, 0),
            AddressFamily.InterNetworkV6 => new IPEndPoint(IPAddress.IPv6Loopback, 0),
            _ => new UnixDomainSocketEndPoint(path),
        };
        using Sock listener = Sock.Create(family);
        using Sock client = Sock.Create(family);
        Assert.Equal(SockResult.Ok(0), listener.Bind(wanted));
        Assert.Equal(SockResult.Ok(0), listener.Listen(4));
        Assert.Equal(SockResult.Ok(0), listener.GetSockName(out EndPoint? address));

        Assert.Equal(SockResult.Ok(0), client.Connect(address!));
        Assert.Equal(SockResult.Ok(0), listener.Accept(out Sock server, out EndPoint? peer));
        using (server)
        {
            Assert.Equal(SockResult.Ok(0), client.GetSockName(out EndPoint? own));
            Assert.Equal(own, peer);
            client.SendComplete("hello", Within.Long);
            Assert.Equal("hello"u8, server.RecvNow());
        }

        File.Delete(path);
    }

    [Fact]
    public void Bind_reports_an_address_in_use()
    {
        using Sock first = Sock.Create(AddressFamily.InterNetwork);
        using Sock second = Sock.Create(AddressFamily.InterNetwork);
        Assert.Equal(SockResult.Ok(0), first.Bind(new IPEndPoint(IPAddress.Loopback, 0)));
        first.GetSockName(out EndPoint? taken);
        Assert.Equal(SockResult.Fail(SocketError.AddressAlreadyInUse), second.Bind(taken!));
    }

    [Fact]
    public void Names_are_refused_before_anything_happens()
    {
        using Sock sock = Sock.Create(AddressFamily.InterNetwork);
        var name = new DnsEndPoint("localhost", 80);
        var refused = Assert.Throws<ArgumentException>(() => sock.Connect(name));
        Assert.Contains("localhost:80 is a name; resolve it first", refused.Message);
        Assert.Throws<ArgumentException>(() => sock.Bind(name));
        Assert.Throws<ArgumentNullException>(() => sock.Connect(null!));
    }

    [Fact]
    public void Create_refuses_other_families_and_reports_what_the_system_refuses()
    {
        var foreign = Assert.Throws<ArgumentOutOfRangeException>(
            "addressFamily",
            () => Sock.Create(AddressFamily.AppleTalk)
        );
        Assert.StartsWith("A socket is of the family ", foreign.Message, StringComparison.Ordinal);
        var refused = Assert.Throws<SockException>(() =>
            Sock.Create(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Udp)
        );
        Assert.Equal(SockStatus.Failed, refused.Status);
        Assert.StartsWith("socket(): ", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith($"({refused.ErrorCode})", refused.Message, StringComparison.Ordinal);
    }

    public static TheoryData<SocketOptionLevel, SocketOptionName> Switches =>
        new()
        {
            { SocketOptionLevel.Socket, SocketOptionName.ReuseAddress },
            { SocketOptionLevel.Socket, SocketOptionName.KeepAlive },
            { SocketOptionLevel.Socket, SocketOptionName.Broadcast },
            { SocketOptionLevel.Tcp, SocketOptionName.NoDelay },
            { SocketOptionLevel.IPv6, SocketOptionName.IPv6Only },
        };

    [Theory]
    [MemberData(nameof(Switches))]
    public void An_option_that_is_set_is_what_is_got(SocketOptionLevel level, SocketOptionName name)
    {
        SocketType type = name == SocketOptionName.Broadcast ? SocketType.Dgram : SocketType.Stream;
        using Sock sock = Sock.Create(AddressFamily.InterNetworkV6, type);
        Assert.False(sock.GetSockOpt(level, name, out int before).IsError);
        int other = before == 0 ? 1 : 0;
        Assert.False(sock.SetSockOpt(level, name, other).IsError);
        Assert.False(sock.GetSockOpt(level, name, out int after).IsError);
        Assert.Equal(other, after == 0 ? 0 : 1);
    }

    [Theory]
    [InlineData(SocketOptionName.SendBuffer)]
    [InlineData(SocketOptionName.ReceiveBuffer)]
    public void A_buffer_can_be_made_smaller(SocketOptionName name)
    {
        using Sock sock = Sock.Create(AddressFamily.InterNetwork);
        sock.GetSockOpt(SocketOptionLevel.Socket, name, out int before);
        Assert.False(sock.SetSockOpt(SocketOptionLevel.Socket, name, 4096).IsError);
        sock.GetSockOpt(SocketOptionLevel.Socket, name, out int after);
        Assert.True(after < before, $"{after} is not below {before}");
    }

    [Fact]
    public void Type_and_Error_are_read_and_the_raw_form_gives_the_length()
    {
        using Sock sock = Sock.Create(AddressFamily.InterNetwork, SocketType.Dgram);
        sock.GetSockOpt(SocketOptionLevel.Socket, SocketOptionName.Type, out int type);
        Assert.Equal((int)SocketType.Dgram, type);
        Assert.False(
            sock.GetSockOpt(SocketOptionLevel.Socket, SocketOptionName.Error, out int error).IsError
        );
        Assert.Equal(0, error);

        using Sock stream = Sock.Create(AddressFamily.InterNetwork); // Winsock: only those linger
        (int level, int linger) = OperatingSystem.IsLinux() ? (1, 13) : (0xffff, 0x80);
        Span<byte> value = stackalloc byte[64];
        int size = OperatingSystem.IsWindows() ? 4 : 8;
        Assert.Equal(SockResult.Ok(size), stream.GetSockOpt(level, linger, value));
        Assert.False(stream.SetSockOpt(level, linger, value[..size]).IsError);
    }

    [Fact(Skip = "Windows has all of them", SkipUnless = nameof(OnPosix))]
    public void An_option_that_is_not_translated_is_said_to_be_none()
    {
        using Sock sock = Sock.Create(AddressFamily.InterNetwork);
        var none = SockResult.Fail(SocketError.ProtocolOption);
        Assert.Equal(
            none,
            sock.GetSockOpt(SocketOptionLevel.Udp, SocketOptionName.ChecksumCoverage, out int value)
        );
        Assert.Equal(0, value);
        Assert.Equal(
            none,
            sock.SetSockOpt(SocketOptionLevel.Udp, SocketOptionName.ChecksumCoverage, 1)
        );
    }

    [Fact(Skip = "asks for a socket of Linux", SkipUnless = nameof(OnLinux))]
    public void An_address_of_a_family_that_has_no_endpoints_is_none()
    {
        const int AF_NETLINK = 16;
        const int SOCK_DGRAM = 2;
        using var sock = new Sock(new CSocket(OpenSocket(AF_NETLINK, SOCK_DGRAM, 0)));
        Assert.False(sock.GetSockName(out EndPoint? address).IsError);
        Assert.Null(address);
    }

    [Theory(Skip = "limits descriptors as Linux does", SkipUnless = nameof(OnLinux))]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_pair_that_cannot_be_made_whole_is_not_made_at_all(int left)
    {
        using var few = new FewDescriptors(left);
        var none = Assert.Throws<SockException>(() => Sock.CreatePair(AddressFamily.InterNetwork));
        string call = left < 2 ? "socket(): " : "accept(): ";
        Assert.StartsWith(call, none.Message, StringComparison.Ordinal);
        List<Sock> free = [];
        for (int i = 0; i < left; i++)
        {
            free.Add(Sock.Create(AddressFamily.InterNetwork));
        }

        free.ForEach(sock => sock.Dispose());
    }

    [LibraryImport("libc", EntryPoint = "socket")]
    private static partial int OpenSocket(int domain, int type, int protocol);

    [Fact]
    public void A_tcp_pair_is_connected_and_there_is_none_of_another_family()
    {
        for (int i = 0; i < 20; i++)
        {
            (Sock near, Sock far) = Sock.CreatePair(AddressFamily.InterNetworkV6);
            near.SendComplete("me", Within.Long);
            Assert.Equal("me"u8, far.RecvNow());
            near.Dispose();
            far.Dispose();
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Sock.CreatePair(AddressFamily.Ipx));
    }
}
