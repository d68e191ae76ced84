using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace BitcoinSock;

/// <summary>The socket calls of Linux and macOS. Waiting is in PosixPlatform.Wait.cs.</summary>
internal sealed unsafe partial class PosixPlatform(PosixNumbers numbers) : Platform
{
    private static readonly int NotSupported = NetworkError.NativeCode(
        SocketError.OperationNotSupported
    );

    private static readonly int[] OfOneConnection =
    [
        NetworkError.ConnectionAborted,
        NetworkError.NativeCode(SocketError.NetworkDown),
        NetworkError.NativeCode(SocketError.NetworkUnreachable),
        NetworkError.NativeCode(SocketError.HostDown),
        NetworkError.NativeCode(SocketError.HostUnreachable),
        NetworkError.NativeCode(SocketError.ProtocolOption),
    ];

    public override int BadHandle => LibC.EBADF;

    public override bool ConnectGoesOn(int error) => error == NetworkError.AlreadyInProgress;

    // Linux's accept(2) passes on what the network said of the new connection, and asks to treat as
    // EAGAIN what TCP/IP may say. EOPNOTSUPP is said of a socket that is no listener as well.
    public override bool AcceptGoesOn(CSocket socket, int error) =>
        error == numbers.EPROTO
        || error == numbers.ENONET
        || OfOneConnection.Contains(error)
        || (error == NotSupported && Listens(socket));

    public override bool HasDontWait => true;

    public override AddressFamily PairFamily => AddressFamily.Unix;

    public override SockResult Open(
        AddressFamily addressFamily,
        SocketType type,
        ProtocolType protocol,
        out CSocket socket
    )
    {
        int domain = addressFamily switch
        {
            AddressFamily.InterNetwork => LibC.AF_INET,
            AddressFamily.InterNetworkV6 => numbers.AF_INET6,
            AddressFamily.Unix => LibC.AF_UNIX,
            _ => throw IsNoFamily(addressFamily),
        };
        int fd = LibC.Socket(domain, (int)type | numbers.SOCK_CLOEXEC, (int)protocol);
        return Adopt(fd, out socket);
    }

    public override SockResult Pair(out CSocket first, out CSocket second)
    {
        int* pair = stackalloc int[] { -1, -1 }; // which it leaves if it fails
        int type = LibC.SOCK_STREAM | numbers.SOCK_CLOEXEC;
        SockResult result = Decode(LibC.SocketPair(LibC.AF_UNIX, type, 0, pair));
        Adopt(pair[0], out first);
        Adopt(pair[1], out second);
        return result;
    }

    public override SockResult Close(CSocket socket) => Decode(LibC.Close(Fd(socket)));

    public override void EndAwaiting(CSocket socket)
    {
        // The base library makes non-blocking what it awaits, and leaves it so.
        int flags = LibC.Fcntl(Fd(socket), LibC.F_GETFL, 0);
        if (numbers.HasEpoll && flags >= 0 && (flags & numbers.O_NONBLOCK) != 0)
        {
            Epoll.RemoveFromAll(Fd(socket));
        }
    }

    public override SockResult Bind(CSocket socket, ReadOnlySpan<byte> address)
    {
        fixed (byte* bytes = address)
        {
            return Decode(LibC.Bind(Fd(socket), bytes, (uint)address.Length));
        }
    }

    public override SockResult Listen(CSocket socket, int backlog) =>
        Decode(LibC.Listen(Fd(socket), backlog));

    public override SockResult Accept(
        CSocket socket,
        Span<byte> address,
        out int length,
        out CSocket accepted
    )
    {
        uint room = (uint)address.Length;
        fixed (byte* bytes = address)
        {
            int fd =
                numbers.SOCK_CLOEXEC != 0
                    ? LibC.Accept4(Fd(socket), bytes, &room, numbers.SOCK_CLOEXEC)
                    : LibC.Accept(Fd(socket), bytes, &room);
            length = (int)room;
            SockResult result = Adopt(fd, out accepted);
            if (!result.IsError && numbers.SOCK_CLOEXEC == 0)
            {
                // Accept(2) of BSD passes on the listener's mode, that of Linux does not.
                _ = SetNonBlocking(accepted, false);
            }

            return result;
        }
    }

    public override SockResult Connect(CSocket socket, ReadOnlySpan<byte> address)
    {
        fixed (byte* bytes = address)
        {
            return Decode(LibC.Connect(Fd(socket), bytes, (uint)address.Length));
        }
    }

    public override SockResult GetSockName(CSocket socket, Span<byte> address, out int length)
    {
        uint room = (uint)address.Length;
        fixed (byte* bytes = address)
        {
            SockResult result = Decode(LibC.GetSockName(Fd(socket), bytes, &room));
            length = (int)room;
            return result;
        }
    }

    public override SockResult GetPeerName(CSocket socket, Span<byte> address, out int length)
    {
        uint room = (uint)address.Length;
        fixed (byte* bytes = address)
        {
            SockResult result = Decode(LibC.GetPeerName(Fd(socket), bytes, &room));
            length = (int)room;
            return result;
        }
    }

    public override SockResult SetNonBlocking(CSocket socket, bool on)
    {
        int flags = LibC.Fcntl(Fd(socket), LibC.F_GETFL, 0);
        int wanted = on ? flags | numbers.O_NONBLOCK : flags & ~numbers.O_NONBLOCK;
        return Decode(flags < 0 ? flags : LibC.Fcntl(Fd(socket), LibC.F_SETFL, wanted));
    }

    public override bool TryOption(
        SocketOptionLevel level,
        SocketOptionName name,
        out int nativeLevel,
        out int nativeName
    )
    {
        (int, int)? option = numbers.Option(level, name);
        (nativeLevel, nativeName) = option.GetValueOrDefault();
        return option.HasValue;
    }

    public override SockResult GetSockOpt(CSocket socket, int level, int name, Span<byte> value)
    {
        uint length = (uint)value.Length;
        fixed (byte* bytes = value)
        {
            SockResult result = Decode(LibC.GetSockOpt(Fd(socket), level, name, bytes, &length));
            return result.IsError ? result : SockResult.Ok((int)length);
        }
    }

    public override SockResult SetSockOpt(
        CSocket socket,
        int level,
        int name,
        ReadOnlySpan<byte> value
    )
    {
        fixed (byte* bytes = value)
        {
            return Decode(LibC.SetSockOpt(Fd(socket), level, name, bytes, (uint)value.Length));
        }
    }

    public override long Identify(CSocket socket)
    {
        // A number that Linux gives a socket when it is first asked, and to no other ever.
        Span<byte> cookie = stackalloc byte[sizeof(long)];
        return
            numbers.SO_COOKIE != 0
            && !GetSockOpt(socket, numbers.SOL_SOCKET, numbers.SO_COOKIE, cookie).IsError
            ? BitConverter.ToInt64(cookie)
            : base.Identify(socket);
    }

    public override SockResult Send(CSocket socket, ReadOnlySpan<byte> data, SockFlags flags)
    {
        fixed (byte* bytes = data)
        {
            return Decode(LibC.Send(Fd(socket), bytes, (nuint)data.Length, Flags(flags)));
        }
    }

    public override SockResult Send(
        CSocket socket,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        SockFlags flags
    )
    {
        fixed (byte* head = first)
        fixed (byte* tail = second)
        {
            LibC.IoVec* parts = stackalloc LibC.IoVec[2];
            parts[0] = new LibC.IoVec { Base = (nint)head, Length = first.Length };
            parts[1] = new LibC.IoVec { Base = (nint)tail, Length = second.Length };
            var message = new LibC.MsgHdr { Parts = (nint)parts, PartCount = 2 };
            return Decode(LibC.SendMsg(Fd(socket), &message, Flags(flags)));
        }
    }

    public override SockResult Recv(CSocket socket, Span<byte> buffer, SockFlags flags)
    {
        fixed (byte* bytes = buffer)
        {
            return Decode(LibC.Recv(Fd(socket), bytes, (nuint)buffer.Length, Flags(flags)));
        }
    }

    public override SockResult ShutdownSend(CSocket socket) =>
        Decode(LibC.Shutdown(Fd(socket), LibC.SHUT_WR));

    private bool Listens(CSocket socket)
    {
        int value = 0;
        _ = GetSockOpt(
            socket,
            numbers.SOL_SOCKET,
            numbers.SO_ACCEPTCONN,
            new Span<byte>(&value, sizeof(int))
        );
        return value != 0;
    }

    private static int Fd(CSocket socket) => LibC.Fd(socket);

    // The only place that reads errno; the import saved it right after the call.
    private static SockResult Decode(nint returned) =>
        returned < 0
            ? SockResult.Fail(Marshal.GetLastPInvokeError())
            : SockResult.Ok((int)returned);

    private int Flags(SockFlags flags) =>
        ((flags & SockFlags.Peek) != SockFlags.None ? LibC.MSG_PEEK : 0)
        | ((flags & SockFlags.NoSignal) != SockFlags.None ? numbers.MSG_NOSIGNAL : 0)
        | ((flags & SockFlags.DontWait) != SockFlags.None ? numbers.MSG_DONTWAIT : 0);

    /// <summary>
    /// What a new descriptor needs where no flag of the call that made it did that.
    /// </summary>
    private SockResult Adopt(int fd, out CSocket socket)
    {
        SockResult result = Decode(fd);
        socket = new CSocket(fd);
        if (!result.IsError && numbers.SOCK_CLOEXEC == 0)
        {
            // Another thread may start a program in between: that is why Linux has the flag.
            _ = LibC.Fcntl(fd, LibC.F_SETFD, LibC.FD_CLOEXEC);
        }

        if (!result.IsError && numbers.SO_NOSIGPIPE != 0)
        {
            int on = 1;
            _ = LibC.SetSockOpt(
                fd,
                numbers.SOL_SOCKET,
                numbers.SO_NOSIGPIPE,
                (byte*)&on,
                sizeof(int)
            );
        }

        return result.IsError ? result : SockResult.Ok(0);
    }
}
