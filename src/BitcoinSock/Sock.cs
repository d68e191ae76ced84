using System.Net;
using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>
/// The owner of one OS socket, with thin wrappers over the socket calls, and every operation of
/// <see cref="SockOperations"/>. Bitcoin Core's <c>Sock</c>.
/// </summary>
/// <remarks>
/// Members may be called from several threads. A descriptor is closed exactly once, by whichever of
/// <see cref="Dispose"/>, <see cref="Reset"/>, <see cref="AssignFrom"/> or the finalizer comes
/// first, and not before the calls that use it have returned: one that is blocked in the kernel, as
/// <see cref="Accept(out Sock)"/> on a blocking handle is, keeps it open. They wake waits, and so
/// operations. An empty <c>Sock</c> answers every call with EBADF (WSAENOTSOCK on Windows).
/// </remarks>
public sealed partial class Sock
    : ISockAsync,
        ISockSendVectored,
        ISockConnect,
        ISockAcceptAsync<Sock>,
        ISockGetSockOpt,
        ISockGet,
        ISockRelease,
        ISockReset,
        IMayHaveMessages,
        ISockGone,
        IDisposable
{
    /// <summary>
    /// The longest single wait inside an operation, one second, and so the most by which a backend
    /// that cannot be woken is late to notice an interrupt. Core's <c>MAX_WAIT_FOR_IO</c>.
    /// </summary>
    public static readonly TimeSpan MaxWaitForIo = TimeSpan.FromSeconds(1);

    private SockHandle? _handle;

    /// <summary>An empty <c>Sock</c>.</summary>
    public Sock() => FirstUse.Begin();

    /// <summary>Takes ownership of a descriptor.</summary>
    /// <param name="socket">
    /// The descriptor, which nobody else may close from now on; <see cref="CSocket.Invalid"/> for
    /// none.
    /// </param>
    public Sock(CSocket socket)
    {
        if (!socket.IsInvalid)
        {
            _handle = new SockHandle().Take(socket);
        }
    }

    /// <summary>
    /// The clock of every deadline; tests put their own here. It does not change how long the
    /// system itself waits.
    /// </summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Whether there is no descriptor.</summary>
    public bool IsEmpty => Get().IsInvalid;

    /// <summary>
    /// A new socket, in blocking mode and closed in child processes. socket(2), with SOCK_CLOEXEC
    /// or what the system has for it.
    /// </summary>
    /// <param name="addressFamily">IPv4, IPv6 or unix.</param>
    /// <param name="socketType">Usually a stream: operations are for these.</param>
    /// <param name="protocolType">Usually what goes with the type.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another address family.</exception>
    /// <exception cref="SockException">The system refused.</exception>
    public static Sock Create(
        AddressFamily addressFamily,
        SocketType socketType = SocketType.Stream,
        ProtocolType protocolType = ProtocolType.Unspecified
    )
    {
        var owner = new SockHandle { HasMessages = socketType != SocketType.Stream };
        var sock = new Sock();
        Platform
            .Current.Open(addressFamily, socketType, protocolType, out CSocket socket)
            .ThrowIfError("socket");
        sock._handle = owner.Take(socket);
        return sock;
    }

    internal SockHandle? Handle => Volatile.Read(ref _handle);

    /// <summary>One of a descriptor that something else closes.</summary>
    internal static Sock Of(SockHandle handle) => new() { _handle = handle };

    /// <summary>
    /// Two sockets that are connected to each other: socketpair(2); a TCP connection over loopback
    /// on Windows, which has none.
    /// </summary>
    /// <exception cref="SockException">The system refused.</exception>
    public static (Sock First, Sock Second) CreatePair() => CreatePair(Platform.Current.PairFamily);

    /// <summary>Two sockets of the given kind that are connected to each other.</summary>
    /// <param name="addressFamily">
    /// <see cref="AddressFamily.Unix"/> for socketpair(2), IPv4 or IPv6 for TCP over loopback.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">Another address family.</exception>
    /// <exception cref="SockException">The system refused, or has no such pair.</exception>
    public static (Sock First, Sock Second) CreatePair(AddressFamily addressFamily)
    {
        if (addressFamily != AddressFamily.Unix)
        {
            return CreateLoopbackPair(addressFamily);
        }

        (SockHandle one, SockHandle other) = (new(), new());
        (Sock first, Sock second) = (new(), new());
        Platform.Current.Pair(out CSocket near, out CSocket far).ThrowIfError("socketpair");
        first._handle = one.Take(near);
        second._handle = other.Take(far);
        return (first, second);
    }

    /// <inheritdoc/>
    public CSocket Get()
    {
        SockHandle? handle = Volatile.Read(ref _handle);
        return handle is { IsGone: false } ? handle.Socket : CSocket.Invalid;
    }

    /// <summary>
    /// Gives up the descriptor without closing it; whoever waits on it is woken. Calls that are
    /// under way in other threads go on with it.
    /// </summary>
    /// <inheritdoc/>
    public CSocket Release() =>
        Interlocked.Exchange(ref _handle, null)?.Release() ?? CSocket.Invalid;

    /// <summary>
    /// Closes the descriptor, if any; whoever waits on it is woken. Empty afterwards.
    /// </summary>
    public void Reset() => Replace(null);

    /// <summary>
    /// Closes what is held and takes what the other holds, which is empty afterwards; whoever waits
    /// on either is woken, and registrations of either end. From itself: nothing happens. Core's
    /// move assignment. Not while an operation is under way here in another thread: it makes
    /// several calls, and would go on with the new descriptor.
    /// </summary>
    /// <param name="other">Where to take from.</param>
    public void AssignFrom(Sock other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other != this)
        {
            SockHandle? moved = Interlocked.Exchange(ref other._handle, null);
            moved?.TellWaiting();
            Replace(moved);
        }
    }

    /// <inheritdoc cref="Reset"/>
    public void Dispose() => Reset();

    private void Replace(SockHandle? next) => Interlocked.Exchange(ref _handle, next)?.Dispose();

    private static (Sock First, Sock Second) CreateLoopbackPair(AddressFamily addressFamily)
    {
        IPAddress loopback =
            addressFamily == AddressFamily.InterNetworkV6
                ? IPAddress.IPv6Loopback
                : IPAddress.Loopback;
        using Sock listener = Create(addressFamily);
        listener.Bind(new IPEndPoint(loopback, 0)).ThrowIfError("bind");
        listener.Listen(1).ThrowIfError("listen");
        listener.GetSockName(out EndPoint? address).ThrowIfError("getsockname");
        Sock first = Create(addressFamily);
        try
        {
            first.Connect(address!).ThrowIfError("connect");
            first.GetSockName(out EndPoint? own).ThrowIfError("getsockname");
            return (first, AcceptFrom(listener, own!));
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    internal static Sock AcceptFrom(Sock listener, EndPoint wanted)
    {
        while (true)
        {
            listener.Accept(out Sock accepted, out EndPoint? peer).ThrowIfError("accept");
            if (wanted.Equals(peer))
            {
                return accepted;
            }

            // The port is open to everybody on this machine; this was somebody else.
            accepted.Dispose();
        }
    }
}
