using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>
/// The numbers that POSIX leaves to each system, under their names in its headers. 0 where a system
/// has no such thing. Error codes are not here: the base library knows them, but for two.
/// </summary>
internal sealed record PosixNumbers
{
    /// <summary>Linux, with glibc and with musl, on every architecture that .NET runs on.</summary>
    public static readonly PosixNumbers Linux = new()
    {
        AF_INET6 = 10,
        SOCK_CLOEXEC = 0x80000,
        O_NONBLOCK = 0x800,
        MSG_DONTWAIT = 0x40,
        MSG_NOSIGNAL = 0x4000,
        SOL_SOCKET = 1,
        SO_REUSEADDR = 2,
        SO_TYPE = 3,
        SO_ERROR = 4,
        SO_ACCEPTCONN = 30,
        SO_BROADCAST = 6,
        SO_SNDBUF = 7,
        SO_RCVBUF = 8,
        SO_KEEPALIVE = 9,
        SO_NOSIGPIPE = 0,
        SO_COOKIE = 57,
        IPV6_V6ONLY = 26,
        EPROTO = 71,
        ENONET = 64,
        HasEpoll = true,
    };

    /// <summary>macOS and its siblings.</summary>
    public static readonly PosixNumbers Darwin = new()
    {
        AF_INET6 = 30,
        SOCK_CLOEXEC = 0,
        O_NONBLOCK = 4,
        MSG_DONTWAIT = 0x80,
        MSG_NOSIGNAL = 0x80000, // ignored before macOS 13: SO_NOSIGPIPE does it there
        SOL_SOCKET = 0xffff,
        SO_REUSEADDR = 4,
        SO_TYPE = 0x1008,
        SO_ERROR = 0x1007,
        SO_ACCEPTCONN = 2,
        SO_BROADCAST = 0x20,
        SO_SNDBUF = 0x1001,
        SO_RCVBUF = 0x1002,
        SO_KEEPALIVE = 8,
        SO_NOSIGPIPE = 0x1022,
        SO_COOKIE = 0,
        IPV6_V6ONLY = 27,
        EPROTO = 100,
        ENONET = 0,
    };

    public required int AF_INET6 { get; init; }
    public required int SOCK_CLOEXEC { get; init; }
    public required int O_NONBLOCK { get; init; }
    public required int MSG_DONTWAIT { get; init; }
    public required int MSG_NOSIGNAL { get; init; }
    public required int SOL_SOCKET { get; init; }
    public required int SO_REUSEADDR { get; init; }
    public required int SO_TYPE { get; init; }
    public required int SO_ERROR { get; init; }
    public required int SO_ACCEPTCONN { get; init; }
    public required int SO_BROADCAST { get; init; }
    public required int SO_SNDBUF { get; init; }
    public required int SO_RCVBUF { get; init; }
    public required int SO_KEEPALIVE { get; init; }
    public required int SO_NOSIGPIPE { get; init; }
    public required int SO_COOKIE { get; init; }
    public required int IPV6_V6ONLY { get; init; }
    public required int EPROTO { get; init; }
    public required int ENONET { get; init; }

    /// <summary>Whether there is epoll(7).</summary>
    public bool HasEpoll { get; init; }

    /// <summary>
    /// The number of a portable option; null if this library does not translate it.
    /// </summary>
    public (int Level, int Name)? Option(SocketOptionLevel level, SocketOptionName name) =>
        (level, name) switch
        {
            (SocketOptionLevel.Socket, SocketOptionName.ReuseAddress) => (SOL_SOCKET, SO_REUSEADDR),
            (SocketOptionLevel.Socket, SocketOptionName.Type) => (SOL_SOCKET, SO_TYPE),
            (SocketOptionLevel.Socket, SocketOptionName.Error) => (SOL_SOCKET, SO_ERROR),
            (SocketOptionLevel.Socket, SocketOptionName.Broadcast) => (SOL_SOCKET, SO_BROADCAST),
            (SocketOptionLevel.Socket, SocketOptionName.SendBuffer) => (SOL_SOCKET, SO_SNDBUF),
            (SocketOptionLevel.Socket, SocketOptionName.ReceiveBuffer) => (SOL_SOCKET, SO_RCVBUF),
            (SocketOptionLevel.Socket, SocketOptionName.KeepAlive) => (SOL_SOCKET, SO_KEEPALIVE),
            (SocketOptionLevel.Tcp, SocketOptionName.NoDelay) => (
                LibC.IPPROTO_TCP,
                LibC.TCP_NODELAY
            ),
            (SocketOptionLevel.IPv6, SocketOptionName.IPv6Only) => (LibC.IPPROTO_IPV6, IPV6_V6ONLY),
            _ => null,
        };
}
