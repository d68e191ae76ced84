using System.Net;
using System.Net.Sockets;

namespace BitcoinSock;

// Each wrapper is one call, in the order of a socket's life. None retries, none throws on an error
// of the system: it returns the code. On an empty Sock the system itself is asked, and says EBADF.
public sealed partial class Sock
{
    /// <summary>bind(2). Equivalent to <c>bind(fd, addr, len)</c>.</summary>
    /// <param name="endPoint">An address, not a name.</param>
    /// <exception cref="ArgumentException">The endpoint is no address.</exception>
    public SockResult Bind(EndPoint endPoint)
    {
        ReadOnlySpan<byte> address = Addresses.Serialize(endPoint);
        using var held = new Hold(this);
        return Platform.Current.Bind(held.Socket, address);
    }

    /// <summary>listen(2). Equivalent to <c>listen(fd, backlog)</c>.</summary>
    /// <param name="backlog">How many connections may wait to be accepted.</param>
    public SockResult Listen(int backlog)
    {
        using var held = new Hold(this);
        return Platform.Current.Listen(held.Socket, backlog);
    }

    /// <summary>accept(2). Equivalent to <c>accept4(fd, NULL, NULL, SOCK_CLOEXEC)</c>.</summary>
    /// <inheritdoc cref="Accept(out Sock, out EndPoint?)"/>
    public SockResult Accept(out Sock accepted) => Accept(out accepted, out _);

    /// <summary>accept(2). Equivalent to <c>accept4(fd, addr, len, SOCK_CLOEXEC)</c>.</summary>
    /// <param name="accepted">
    /// The connection; empty on error. It is in blocking mode, whatever the listener's.
    /// </param>
    /// <param name="peer">Its other end; null on error.</param>
    public SockResult Accept(out Sock accepted, out EndPoint? peer)
    {
        Span<byte> address = stackalloc byte[Platform.AddressLengthMax];
        accepted = new Sock { Mechanism = Mechanism, Clock = Clock };
        var owner = new SockHandle { HasMessages = HasMessages };
        peer = null;
        using var held = new Hold(this);
        SockResult result = Platform.Current.Accept(
            held.Socket,
            address,
            out int length,
            out CSocket socket
        );
        if (!result.IsError)
        {
            accepted._handle = owner.Take(socket);
            peer = Addresses.Deserialize(address[..length]);
        }

        return result;
    }

    /// <inheritdoc cref="IMayHaveMessages.HasMessages"/>
    internal bool HasMessages => Handle is { HasMessages: true };

    bool IMayHaveMessages.HasMessages => HasMessages;

    bool ISockAccept<Sock>.AcceptGoesOn(int error)
    {
        using var held = new Hold(this);
        return Platform.Current.AcceptGoesOn(held.Socket, error);
    }

    /// <summary>connect(2). Equivalent to <c>connect(fd, addr, len)</c>.</summary>
    /// <param name="endPoint">An address, not a name.</param>
    /// <exception cref="ArgumentException">The endpoint is no address.</exception>
    public SockResult Connect(EndPoint endPoint)
    {
        ReadOnlySpan<byte> address = Addresses.Serialize(endPoint);
        using var held = new Hold(this);
        return Platform.Current.Connect(held.Socket, address);
    }

    /// <summary>getsockname(2). Equivalent to <c>getsockname(fd, addr, len)</c>.</summary>
    /// <param name="endPoint">This end's address; null on error.</param>
    public SockResult GetSockName(out EndPoint? endPoint)
    {
        Span<byte> address = stackalloc byte[Platform.AddressLengthMax];
        using var held = new Hold(this);
        SockResult result = Platform.Current.GetSockName(held.Socket, address, out int length);
        endPoint = result.IsError ? null : Addresses.Deserialize(address[..length]);
        return result;
    }

    /// <summary>
    /// getsockname(2) and getpeername(2): whether both say the same address and port.
    /// </summary>
    /// <inheritdoc/>
    public bool IsConnectedToItself()
    {
        GetSockName(out EndPoint? own);
        return own is IPEndPoint && own.Equals(GetPeerName()); // unix sockets may have no names
    }

    /// <summary>
    /// fcntl(2). Equivalent to <c>fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)</c>; on
    /// Windows
    /// <c>ioctlsocket(s, FIONBIO, 1)</c>.
    /// </summary>
    public SockResult SetNonBlocking()
    {
        using var held = new Hold(this);
        return Platform.Current.SetNonBlocking(held.Socket, true);
    }

    /// <summary>
    /// getsockopt(2). Equivalent to <c>getsockopt(fd, level, name, &amp;value, len)</c>.
    /// </summary>
    /// <param name="level">The level.</param>
    /// <param name="name">
    /// An integer option; one this library cannot name here is ENOPROTOOPT.
    /// </param>
    /// <param name="value">
    /// Its value; that of <see cref="SocketOptionName.Error"/> is a code of the system's own.
    /// </param>
    public SockResult GetSockOpt(SocketOptionLevel level, SocketOptionName name, out int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)]; // zeros, should the system set fewer
        SockResult result = Platform.Current.TryOption(
            level,
            name,
            out int nativeLevel,
            out int own
        )
            ? GetSockOpt(nativeLevel, own, bytes)
            : SockResult.Fail(SocketError.ProtocolOption);
        value = BitConverter.ToInt32(bytes);
        return result;
    }

    /// <summary>
    /// getsockopt(2), with the system's own numbers, for any option of any shape.
    /// </summary>
    /// <param name="level">The level, such as SOL_SOCKET.</param>
    /// <param name="name">The option, such as SO_LINGER.</param>
    /// <param name="value">Where the value goes.</param>
    /// <returns>The length of the value, in bytes.</returns>
    public SockResult GetSockOpt(int level, int name, Span<byte> value)
    {
        using var held = new Hold(this);
        return Platform.Current.GetSockOpt(held.Socket, level, name, value);
    }

    /// <summary>
    /// setsockopt(2). Equivalent to <c>setsockopt(fd, level, name, &amp;value, len)</c>.
    /// </summary>
    /// <param name="level">The level.</param>
    /// <param name="name">
    /// An integer option; one this library cannot name here is ENOPROTOOPT.
    /// </param>
    /// <param name="value">Its value; 1 and 0 for on and off.</param>
    public SockResult SetSockOpt(SocketOptionLevel level, SocketOptionName name, int value) =>
        Platform.Current.TryOption(level, name, out int nativeLevel, out int own)
            ? SetSockOpt(nativeLevel, own, BitConverter.GetBytes(value))
            : SockResult.Fail(SocketError.ProtocolOption);

    /// <summary>
    /// setsockopt(2), with the system's own numbers, for any option of any shape.
    /// </summary>
    /// <param name="level">The level, such as SOL_SOCKET.</param>
    /// <param name="name">The option, such as SO_LINGER.</param>
    /// <param name="value">The value.</param>
    public SockResult SetSockOpt(int level, int name, ReadOnlySpan<byte> value)
    {
        using var held = new Hold(this);
        return Platform.Current.SetSockOpt(held.Socket, level, name, value);
    }

    /// <summary>send(2). Equivalent to <c>send(fd, data, len, flags)</c>.</summary>
    /// <inheritdoc/>
    public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags = SockFlags.None)
    {
        using var held = new Hold(this, flags);
        return Platform.Current.Send(held.Socket, data, flags);
    }

    /// <summary>
    /// sendmsg(2) of two parts; on Windows WSASend. Equivalent to <c>sendmsg(fd, { iov, 2 },
    /// flags)</c>.
    /// </summary>
    /// <inheritdoc/>
    public SockResult Send(
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        SockFlags flags = SockFlags.None
    )
    {
        using var held = new Hold(this, flags);
        return Platform.Current.Send(held.Socket, first, second, flags);
    }

    /// <summary>recv(2). Equivalent to <c>recv(fd, buffer, len, flags)</c>.</summary>
    /// <inheritdoc/>
    public SockResult Recv(Span<byte> buffer, SockFlags flags = SockFlags.None)
    {
        using var held = new Hold(this, flags);
        return Platform.Current.Recv(held.Socket, buffer, flags);
    }

    /// <summary>shutdown(2). Equivalent to <c>shutdown(fd, SHUT_WR)</c>.</summary>
    /// <inheritdoc/>
    public SockResult ShutdownSend()
    {
        using var held = new Hold(this);
        return Platform.Current.ShutdownSend(held.Socket);
    }

    CancellationToken ISockGone.Gone => Handle?.Gone ?? new CancellationToken(canceled: true);

    private EndPoint? GetPeerName()
    {
        Span<byte> address = stackalloc byte[Platform.AddressLengthMax];
        using var held = new Hold(this);
        SockResult result = Platform.Current.GetPeerName(held.Socket, address, out int length);
        return result.IsError ? null : Addresses.Deserialize(address[..length]);
    }

    /// <summary>Keeps the descriptor from being closed during one call.</summary>
    private readonly ref struct Hold
    {
        private readonly SockHandle? _handle;

        public Hold(Sock sock, SockFlags flags = SockFlags.None)
        {
            SockHandle? handle = Volatile.Read(ref sock._handle);
            if (handle is null || !handle.TryHold())
            {
                return;
            }

            _handle = handle;
            if (!Platform.Current.HasDontWait && (flags & SockFlags.DontWait) != SockFlags.None)
            {
                handle.EnsureNonBlocking();
            }
        }

        public CSocket Socket => _handle?.Socket ?? CSocket.Invalid;

        public void Dispose() => _handle?.LetGo();
    }
}
