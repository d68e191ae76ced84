using System.Net;
using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>
/// A <see cref="System.Net.Sockets.Socket"/> as a backend: for who has one already, and for who
/// awaits. What it sends and receives goes straight to the socket's descriptor, so outcomes and
/// codes are those of <see cref="Sock"/>.
/// </summary>
public sealed partial class ManagedSock
    : ISockAsync,
        ISockConnect,
        ISockGetSockOpt,
        ISockGone,
        IDisposable
{
    private readonly bool _ownsSocket;
    private readonly bool _wasBlocking;
    private readonly CancellationTokenSource _disposing = new();

    // The same descriptor; it closes nothing. Empty once this is disposed.
    private readonly Sock _same;
    private Task? _connecting;

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
        _same = Sock.Watch(new CSocket(socket.Handle));
        _wasBlocking = socket.Blocking;
        if (!Platform.Current.HasDontWait)
        {
            socket.Blocking = false;
        }
    }

    CancellationToken ISockGone.Gone => _disposing.Token;

    /// <summary>The socket.</summary>
    public Socket Socket { get; }

    /// <inheritdoc/>
    public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags)
    {
        using var hold = new Hold(Socket.SafeHandle);
        return hold.IsHeld
            ? Told(_same.Send(data, flags | SockFlags.DontWait | SockFlags.NoSignal))
            : SockResult.Fail(NetworkError.BadHandle);
    }

    /// <inheritdoc/>
    public SockResult Recv(Span<byte> buffer, SockFlags flags)
    {
        using var hold = new Hold(Socket.SafeHandle);
        return hold.IsHeld
            ? Told(_same.Recv(buffer, flags | SockFlags.DontWait))
            : SockResult.Fail(NetworkError.BadHandle);
    }

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
    )
    {
        if (_connecting is Task connecting && (requested & SockEvents.Send) != SockEvents.None)
        {
            // While it connects, the base library has the last word on whether it has.
            using CancellationTokenSource ending = Ending(interrupt);
            SockResult ended = OrDisposed(Tasks.WaitForFirst([connecting], timeout, ending.Token));
            occurred = ended.Count > 0 ? SockEvents.Send : SockEvents.None;
            return ended;
        }

        using var hold = new Hold(Socket.SafeHandle);
        occurred = SockEvents.Error;
        return hold.IsHeld
            ? _same.Wait(timeout, requested, out occurred, interrupt)
            : SockResult.Fail(NetworkError.BadHandle);
    }

    /// <summary>
    /// Starts to connect, and then tells how far that is: EINPROGRESS, EALREADY, or its end. The
    /// base library does not connect a socket again after a failure: that is EOPNOTSUPP.
    /// </summary>
    /// <param name="endPoint">Where to: an address, not a name.</param>
    /// <exception cref="ArgumentException">The endpoint is no address.</exception>
    public SockResult Connect(EndPoint endPoint)
    {
        _ = Addresses.Serialize(endPoint);
        if (_disposing.IsCancellationRequested)
        {
            return SockResult.Fail(NetworkError.BadHandle);
        }

        try
        {
            Task? before = _connecting;
            Task connecting = before ?? Socket.ConnectAsync(endPoint).WithFailureObserved();
            _connecting = connecting.IsCompleted ? null : connecting;
            if (_connecting is not null)
            {
                bool begun = before is null;
                return SockResult.Fail(
                    begun ? NetworkError.InProgress : NetworkError.AlreadyInProgress
                );
            }

            connecting.GetAwaiter().GetResult();
            return SockResult.Ok(0);
        }
        catch (SocketException failure)
        {
            return CodeOf(failure);
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
    }

    /// <inheritdoc/>
    public bool IsConnectedToItself()
    {
        using var hold = new Hold(Socket.SafeHandle);
        return hold.IsHeld && _same.IsConnectedToItself();
    }

    /// <inheritdoc/>
    public SockResult GetSockOpt(SocketOptionLevel level, SocketOptionName name, out int value)
    {
        value = 0;
        if (_connecting is not null && name == SocketOptionName.Error)
        {
            // The connect's own error is its task's to take; asking the system would take it away.
            return SockResult.Ok(0);
        }

        using var hold = new Hold(Socket.SafeHandle);
        return hold.IsHeld
            ? Told(_same.GetSockOpt(level, name, out value))
            : SockResult.Fail(NetworkError.BadHandle);
    }

    /// <inheritdoc/>
    public SockResult ShutdownSend()
    {
        // Not Socket.Shutdown, which takes "not connected" for success.
        using var hold = new Hold(Socket.SafeHandle);
        return hold.IsHeld ? Told(_same.ShutdownSend()) : SockResult.Fail(NetworkError.BadHandle);
    }

    /// <summary>Lets the socket go, and disposes it if it is owned; who waits is woken.</summary>
    public void Dispose()
    {
        // Not under a lock: who awaits may go on within the cancellation. Two at once do no harm.
        if (_disposing.IsCancellationRequested)
        {
            return;
        }

        _disposing.Cancel();
        _same.Release();
        if (_ownsSocket)
        {
            Socket.Dispose();
        }
        else if (!Platform.Current.HasDontWait && !Socket.SafeHandle.IsClosed)
        {
            Socket.Blocking = _wasBlocking;
        }
    }

    // To have calls return, the base library disconnects what it closes: that is not the peer's
    // end, nor its reset.
    private SockResult Told(SockResult result) =>
        result.Count <= 0 && _disposing.IsCancellationRequested
            ? SockResult.Fail(NetworkError.BadHandle)
            : result;

    private static SockResult CodeOf(SocketException failure) =>
        SockResult.Fail(
            // Nobody else aborts: the socket was disposed.
            failure.SocketErrorCode == SocketError.OperationAborted
                ? NetworkError.BadHandle
                : failure.NativeErrorCode
        );

    /// <summary>Keeps the socket's descriptor from being closed during a call on it.</summary>
    private readonly ref struct Hold
    {
        private readonly SafeSocketHandle _handle;

        public Hold(SafeSocketHandle handle)
        {
            _handle = handle;
            bool isHeld = false;
            try
            {
                handle.DangerousAddRef(ref isHeld);
            }
            catch (ObjectDisposedException)
            {
                // Nothing to hold; the caller says so.
            }

            IsHeld = isHeld;
        }

        public bool IsHeld { get; }

        public void Dispose()
        {
            if (IsHeld)
            {
                _handle.DangerousRelease();
            }
        }
    }
}
