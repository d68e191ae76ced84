using System.Net;
using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>
/// A <see cref="System.Net.Sockets.Socket"/> as a backend, for who has one already. All it does it
/// does with the socket's descriptor, as <see cref="Sock"/> does, and with the same outcomes and
/// codes; of the base library it uses what keeps the socket's own state right.
/// </summary>
public sealed class ManagedSock
    : ISockAsync,
        ISockSendVectored,
        ISockConnect,
        ISockGetSockOpt,
        ISockGone,
        IDisposable
{
    private const SockFlags Always = SockFlags.DontWait | SockFlags.NoSignal;

    private readonly bool _ownsSocket;
    private readonly bool _wasBlocking;
    private readonly SocketHandle _handle;
    private readonly Sock _same;

    /// <summary>Takes a socket. On Windows it is put in non-blocking mode.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="ownsSocket">
    /// Whether <see cref="Dispose"/> disposes it. If not, it is left as it was.
    /// </param>
    /// <exception cref="ObjectDisposedException">The socket is disposed.</exception>
    /// <exception cref="ArgumentException">The socket is no stream.</exception>
    public ManagedSock(Socket socket, bool ownsSocket = true)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ObjectDisposedException.ThrowIf(socket.SafeHandle.IsClosed, socket);
        if (socket.SocketType is not (SocketType.Stream or SocketType.Unknown))
        {
            throw new ArgumentException(StreamsOnly.Why, nameof(socket));
        }

        Socket = socket;
        _ownsSocket = ownsSocket;
        _handle = new SocketHandle(socket);
        _same = Sock.Of(_handle);
        _wasBlocking = socket.Blocking;
        if (!Platform.Current.HasDontWait)
        {
            socket.Blocking = false;
        }
    }

    CancellationToken ISockGone.Gone => ((ISockGone)_same).Gone;

    /// <summary>The socket.</summary>
    public Socket Socket { get; }

    /// <inheritdoc/>
    public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags) =>
        _same.Send(data, flags | Always);

    /// <inheritdoc/>
    public SockResult Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, SockFlags flags) =>
        _same.Send(first, second, flags | Always);

    /// <inheritdoc/>
    public SockResult Recv(Span<byte> buffer, SockFlags flags) =>
        _same.Recv(buffer, flags | SockFlags.DontWait);

    /// <summary>
    /// Waits as <see cref="Sock.Wait"/> does, and as precisely; an interrupt and
    /// <see cref="Dispose"/> wake it at once.
    /// </summary>
    /// <inheritdoc/>
    public SockResult Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt = default
    ) => _same.Wait(timeout, requested, out occurred, interrupt);

    /// <summary>
    /// Awaits as <see cref="Sock.WaitAsync"/> does. On Windows only <see cref="Dispose"/> of this
    /// ends it early, not that of the <see cref="Socket"/>, which then takes until its deadline.
    /// </summary>
    /// <inheritdoc/>
    public ValueTask<SockResult> WaitAsync(
        TimeSpan timeout,
        SockEvents requested,
        CancellationToken interrupt = default
    ) => _same.WaitAsync(timeout, requested, interrupt);

    /// <summary>
    /// One connect(2) in non-blocking mode, in which the socket stays: EINPROGRESS, EALREADY, or
    /// its end. The base library does not connect a socket again after a failure: that is
    /// EOPNOTSUPP.
    /// </summary>
    /// <param name="endPoint">Where to: an address, not a name.</param>
    /// <exception cref="ArgumentException">The endpoint is no address.</exception>
    public SockResult Connect(EndPoint endPoint)
    {
        _ = Addresses.Serialize(endPoint);
        SockResult attempt = Attempt(endPoint);
        if (!attempt.IsError || attempt.Error == NetworkError.AlreadyConnected)
        {
            _ = Socket.Connected; // it looks only if it is asked
        }

        return attempt;
    }

    /// <inheritdoc/>
    public SockResult SetNonBlocking() =>
        _same.IsEmpty ? SockResult.Fail(NetworkError.BadHandle) : SetBlocking(false);

    /// <inheritdoc/>
    public bool IsConnectedToItself() => _same.IsConnectedToItself();

    /// <inheritdoc/>
    public SockResult GetSockOpt(SocketOptionLevel level, SocketOptionName name, out int value) =>
        _same.GetSockOpt(level, name, out value);

    /// <inheritdoc/>
    public SockResult ShutdownSend() =>
        // Not Socket.Shutdown, which takes "not connected" for success.
        _same.ShutdownSend();

    /// <summary>Lets the socket go, and disposes it if it is owned; who waits is woken.</summary>
    public void Dispose()
    {
        if (_handle.IsGone)
        {
            return;
        }

        // Before the base library closes it: that ends calls which are under way by disconnecting,
        // and what was sent, and counted, is thrown away.
        _same.Dispose();
        _handle.WaitUntilLetGo();
        if (_ownsSocket)
        {
            Socket.Dispose();
        }
        else if (Socket.Blocking != _wasBlocking && !Socket.SafeHandle.IsClosed)
        {
            SetBlocking(_wasBlocking);
        }
    }

    private SockResult SetBlocking(bool isBlocking)
    {
        try
        {
            Socket.Blocking = isBlocking;
            return SockResult.Ok(0);
        }
        catch (Exception failure)
            when (failure
                    is ObjectDisposedException
                        or SocketException { SocketErrorCode: SocketError.NotSocket }
            )
        {
            // The second is what the base library says while another thread disposes it.
            return SockResult.Fail(NetworkError.BadHandle);
        }
    }

    private SockResult Attempt(EndPoint endPoint)
    {
        SockResult mode = SetNonBlocking();
        if (mode.IsError)
        {
            return mode;
        }

        // A dispose waits for it: the base library would say of a connect that it was no socket's.
        if (!_handle.TryHold())
        {
            return SockResult.Fail(NetworkError.BadHandle);
        }

        try
        {
            Socket.Connect(endPoint);
            return SockResult.Ok(0);
        }
        catch (SocketException failure)
        {
            // Several codes become one there. Of these the system says which it is if it is asked
            // again; but for what is no unix socket to "block" is to have begun.
            bool isUnix = Socket.AddressFamily == AddressFamily.Unix;
            return failure.SocketErrorCode switch
            {
                SocketError.WouldBlock when !isUnix => SockResult.Fail(NetworkError.InProgress),
                SocketError.NotSocket => SockResult.Fail(NetworkError.BadHandle), // being disposed
                SocketError.WouldBlock
                or SocketError.AccessDenied
                or SocketError.AddressNotAvailable
                or SocketError.SocketError => _same.Connect(endPoint),
                _ => SockResult.Fail(failure.NativeErrorCode),
            };
        }
        catch (ObjectDisposedException)
        {
            return SockResult.Fail(NetworkError.BadHandle);
        }
        catch (NotSupportedException)
        {
            return SockResult.Fail(SocketError.OperationNotSupported);
        }
        catch (InvalidOperationException)
        {
            return SockResult.Fail(NetworkError.InvalidArgument); // it listens
        }
        finally
        {
            _handle.LetGo();
        }
    }
}
