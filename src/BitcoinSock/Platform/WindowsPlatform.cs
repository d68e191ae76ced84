using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace BitcoinSock;

/// <summary>The socket calls of Windows. Waiting is in WindowsPlatform.Wait.cs.</summary>
internal sealed unsafe partial class WindowsPlatform : Platform
{
    private const int DataLengthMax = 512; // WSADATA is 408 bytes

    public WindowsPlatform()
    {
        byte* data = stackalloc byte[DataLengthMax];
        int error = Winsock.Startup(0x0202, data);
        if (error != 0)
        {
            throw new PlatformNotSupportedException($"WSAStartup(2.2) failed ({error}).");
        }
    }

    public override int BadHandle => Winsock.WSAENOTSOCK;

    // Microsoft's page on connect: it is WSAEALREADY, but be prepared to handle WSAEINVAL (and
    // WSAEWOULDBLOCK, which is never final here) the same way.
    public override bool ConnectGoesOn(int error) =>
        error == NetworkError.AlreadyInProgress || error == NetworkError.InvalidArgument;

    // Microsoft's page on accept: the peer gave up before it was accepted.
    public override bool AcceptGoesOn(CSocket socket, int error) =>
        error == NetworkError.NativeCode(SocketError.ConnectionReset)
        || error == NetworkError.ConnectionAborted;

    public override bool HasDontWait => false;

    public override AddressFamily PairFamily => AddressFamily.InterNetwork;

    public override SockResult Open(
        AddressFamily addressFamily,
        SocketType type,
        ProtocolType protocol,
        out CSocket socket
    )
    {
        int domain = addressFamily switch
        {
            AddressFamily.InterNetwork => Winsock.AF_INET,
            AddressFamily.InterNetworkV6 => Winsock.AF_INET6,
            AddressFamily.Unix => Winsock.AF_UNIX,
            _ => throw IsNoFamily(addressFamily),
        };
        socket = new CSocket(
            Winsock.Socket(
                domain,
                (int)type,
                (int)protocol,
                null,
                0,
                Winsock.WSA_FLAG_OVERLAPPED | Winsock.WSA_FLAG_NO_HANDLE_INHERIT
            )
        );
        return socket.IsInvalid ? Decode(-1) : SockResult.Ok(0);
    }

    public override SockResult Pair(out CSocket first, out CSocket second)
    {
        first = second = CSocket.Invalid;
        return SockResult.Fail(SocketError.OperationNotSupported);
    }

    public override SockResult Close(CSocket socket) => Decode(Winsock.Close(socket.Value));

    public override SockResult Bind(CSocket socket, ReadOnlySpan<byte> address)
    {
        fixed (byte* bytes = address)
        {
            return Decode(Winsock.Bind(socket.Value, bytes, address.Length));
        }
    }

    public override SockResult Listen(CSocket socket, int backlog) =>
        Decode(Winsock.Listen(socket.Value, backlog));

    public override SockResult Accept(
        CSocket socket,
        Span<byte> address,
        out int length,
        out CSocket accepted
    )
    {
        int room = address.Length;
        fixed (byte* bytes = address)
        {
            accepted = new CSocket(Winsock.Accept(socket.Value, bytes, &room));
        }

        length = room;
        if (accepted.IsInvalid)
        {
            return Decode(-1);
        }

        _ = Winsock.SetHandleInformation(accepted.Value, Winsock.HANDLE_FLAG_INHERIT, 0);
        _ = SetNonBlocking(accepted, false); // it has the listener's mode
        return SockResult.Ok(0);
    }

    public override SockResult Connect(CSocket socket, ReadOnlySpan<byte> address)
    {
        fixed (byte* bytes = address)
        {
            return Decode(Winsock.Connect(socket.Value, bytes, address.Length));
        }
    }

    public override SockResult GetSockName(CSocket socket, Span<byte> address, out int length)
    {
        int room = address.Length;
        fixed (byte* bytes = address)
        {
            SockResult result = Decode(Winsock.GetSockName(socket.Value, bytes, &room));
            length = room;
            return result;
        }
    }

    public override SockResult GetPeerName(CSocket socket, Span<byte> address, out int length)
    {
        int room = address.Length;
        fixed (byte* bytes = address)
        {
            SockResult result = Decode(Winsock.GetPeerName(socket.Value, bytes, &room));
            length = room;
            return result;
        }
    }

    public override SockResult SetNonBlocking(CSocket socket, bool on)
    {
        uint argument = on ? 1u : 0;
        return Decode(Winsock.IoctlSocket(socket.Value, Winsock.FIONBIO, &argument));
    }

    // The base library's names have Winsock's numbers.
    public override bool TryOption(
        SocketOptionLevel level,
        SocketOptionName name,
        out int nativeLevel,
        out int nativeName
    )
    {
        (nativeLevel, nativeName) = ((int)level, (int)name);
        return true;
    }

    public override SockResult GetSockOpt(CSocket socket, int level, int name, Span<byte> value)
    {
        int length = value.Length;
        fixed (byte* bytes = value)
        {
            int returned = Winsock.GetSockOpt(socket.Value, level, name, bytes, &length);
            return returned < 0 ? Decode(returned) : SockResult.Ok(length);
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
            return Decode(Winsock.SetSockOpt(socket.Value, level, name, bytes, value.Length));
        }
    }

    public override SockResult Send(CSocket socket, ReadOnlySpan<byte> data, SockFlags flags)
    {
        fixed (byte* bytes = data)
        {
            return Decode(Winsock.Send(socket.Value, bytes, data.Length, 0));
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
            Winsock.WsaBuf* parts = stackalloc Winsock.WsaBuf[2];
            parts[0] = new Winsock.WsaBuf { Len = (uint)first.Length, Buf = (nint)head };
            parts[1] = new Winsock.WsaBuf { Len = (uint)second.Length, Buf = (nint)tail };
            uint sent;
            int returned = Winsock.Send(socket.Value, parts, 2, &sent, 0, null, null);
            return returned < 0 ? Decode(returned) : SockResult.Ok((int)sent);
        }
    }

    public override SockResult Recv(CSocket socket, Span<byte> buffer, SockFlags flags)
    {
        int peek = (flags & SockFlags.Peek) != SockFlags.None ? Winsock.MSG_PEEK : 0;
        fixed (byte* bytes = buffer)
        {
            SockResult result = Decode(Winsock.Recv(socket.Value, bytes, buffer.Length, peek));
            // Of a longer message it gives what there is room for, as POSIX does; but as an error.
            return result.Error == Winsock.WSAEMSGSIZE ? SockResult.Ok(buffer.Length) : result;
        }
    }

    public override SockResult ShutdownSend(CSocket socket) =>
        Decode(Winsock.Shutdown(socket.Value, Winsock.SD_SEND));

    // The only place that reads WSAGetLastError; the import saved it right after the call.
    private static SockResult Decode(int returned) =>
        returned < 0 ? SockResult.Fail(Marshal.GetLastPInvokeError()) : SockResult.Ok(returned);
}
