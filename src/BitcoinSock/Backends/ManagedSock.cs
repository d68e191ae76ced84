using System.Net;
using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>
/// A <see cref="System.Net.Sockets.Socket"/> as a backend: for who has one already, and for who
/// awaits. What it sends and receives goes straight to the socket's descriptor, so outcomes and
/// codes are those of <see cref="Sock"/>.
/// </summary>
public sealed class ManagedSock : ISockAsync, ISockConnect, ISockGetSockOpt, IDisposable
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
    public ManagedSock(Socket socket, bool ownsSocket = true)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Socket = socket;
        _ownsSocket = ownsSocket;
        _same = Sock.Watch(new CSocket(socket.Handle));
        _wasBlocking = socket.Blocking;
        if (!Platform.Current.HasDontWait)
        {
            socket.Blocking = false;
        }
    }

    /// <summary>The socket.</summary>
    public Socket Socket { get; }

    /// <inheritdoc/>
    public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags)
    {
        using var hold = new Hold(Socket.SafeHandle);
        return hold.IsHeld
            ? _same.Send(data, flags | SockFlags.DontWait | SockFlags.NoSignal)
            : SockResult.Fail(NetworkError.BadHandle);
    }

    /// <inheritdoc/>
    public SockResult Recv(Span<byte> buffer, SockFlags flags)
    {
        using var hold = new Hold(Socket.SafeHandle);
        return hold.IsHeld
            ? _same.Recv(buffer, flags | SockFlags.DontWait)
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
        if (_connecting is Task connecting && (requested & SockEvents.Send) != 0)
        {
            // While it connects, the base library has the last word on whether it has.
            SockResult ended = EndOf(connecting, timeout, interrupt).GetAwaiter().GetResult();
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
        ArgumentNullException.ThrowIfNull(endPoint);
        if (endPoint is DnsEndPoint)
        {
            throw Sock.IsName(endPoint);
        }

        if (_disposing.IsCancellationRequested)
        {
            return SockResult.Fail(NetworkError.BadHandle);
        }

        try
        {
            Task? before = _connecting;
            Task connecting = before ?? Socket.ConnectAsync(endPoint).Observed();
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

    /// <summary>Connects, and awaits that this worked or failed.</summary>
    /// <param name="endPoint">Where to: an address, not a name.</param>
    /// <param name="timeout">
    /// For the whole: zero is one try, <see cref="Timeout.InfiniteTimeSpan"/> no deadline.
    /// </param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// Ok, Timeout, Interrupted or Failed; the count is 0. If it is not Ok the socket may still be
    /// connecting: dispose it.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    /// <exception cref="ArgumentException">The endpoint is no address.</exception>
    public async ValueTask<SockOutcome> TryConnectCompleteAsync(
        EndPoint endPoint,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        var pace = new Pace(timeout, TimeProvider.System, interrupt);
        SockResult attempt = Connect(endPoint);
        while (attempt.IsError)
        {
            bool isUnderWay = _connecting is not null;
            if (!isUnderWay && NetworkError.IoErrorIsPermanent(attempt.Error))
            {
                return SockOutcome.Failed(attempt.Error);
            }

            SockOutcome look = pace.Look(moved: false);
            if (!look.IsOk)
            {
                return look;
            }

            // A full backlog of a unix listener is EAGAIN, and nothing tells when it has room.
            Task end = _connecting ?? Task.Delay(RetryMs, CancellationToken.None);
            _ = await EndOf(end, pace.Slice().Remaining, interrupt).ConfigureAwait(false);
            attempt = Connect(endPoint);
        }

        return SockOutcome.Ok(0);
    }

    /// <summary>Connects, or throws.</summary>
    /// <inheritdoc cref="TryConnectCompleteAsync(EndPoint, TimeSpan, CancellationToken)"/>
    /// <exception cref="SockException">It could not.</exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public async ValueTask ConnectCompleteAsync(
        EndPoint endPoint,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        SockOutcome outcome = await TryConnectCompleteAsync(endPoint, timeout, interrupt)
            .ConfigureAwait(false);
        outcome.ThrowIfConnectFailed(endPoint, interrupt);
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
            ? _same.GetSockOpt(level, name, out value)
            : SockResult.Fail(NetworkError.BadHandle);
    }

    /// <inheritdoc/>
    public async ValueTask<SockResult> SendAsync(
        ReadOnlyMemory<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        var deadline = new Deadline(timeout, TimeProvider.System);
        SockResult sent = Send(data.Span, SockFlags.None);
        if (!sent.IsError || NetworkError.IoErrorIsPermanent(sent.Error))
        {
            return sent;
        }

        // The base library does not say how much was sent before a cancellation. Of one byte it
        // does: it was sent or it was not. When it is, there is room for more.
        return await ResultOf(
                static (socket, data, token) => socket.SendAsync(data, SocketFlags.None, token),
                data[..1],
                deadline,
                interrupt
            )
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<SockResult> WaitRecvAsync(TimeSpan timeout, CancellationToken interrupt) =>
        // Receiving into nothing waits for something, and takes none of it.
        ResultOf(
            static async (socket, _, token) =>
                1
                + await socket
                    .ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, token)
                    .ConfigureAwait(false),
            default,
            new Deadline(timeout, TimeProvider.System),
            interrupt
        );

    /// <inheritdoc/>
    public SockResult ShutdownSend()
    {
        // Not Socket.Shutdown, which takes "not connected" for success.
        using var hold = new Hold(Socket.SafeHandle);
        return hold.IsHeld ? _same.ShutdownSend() : SockResult.Fail(NetworkError.BadHandle);
    }

    /// <summary>Lets the socket go, and disposes it if it is owned; who waits is woken.</summary>
    public void Dispose()
    {
        lock (_disposing)
        {
            if (_disposing.IsCancellationRequested)
            {
                return;
            }

            _disposing.Cancel();
        }

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

    private const int RetryMs = 10;

    private static SockResult CodeOf(SocketException failure) =>
        SockResult.Fail(
            // Nobody else aborts: the socket was disposed.
            failure.SocketErrorCode == SocketError.OperationAborted
                ? NetworkError.BadHandle
                : failure.NativeErrorCode
        );

    // What a call that is awaited gave; 0 at the timeout.
    private async ValueTask<SockResult> ResultOf(
        Func<Socket, ReadOnlyMemory<byte>, CancellationToken, ValueTask<int>> call,
        ReadOnlyMemory<byte> data,
        Deadline deadline,
        CancellationToken interrupt
    )
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            interrupt,
            _disposing.Token
        );
        ending.CancelAfter(deadline.RemainingMs);
        try
        {
            return SockResult.Ok(await call(Socket, data, ending.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            return _disposing.IsCancellationRequested ? SockResult.Fail(NetworkError.BadHandle)
                : interrupt.IsCancellationRequested ? SockResult.Fail(NetworkError.Interrupted)
                : SockResult.Ok(0);
        }
        catch (SocketException failure)
        {
            return CodeOf(failure);
        }
        catch (ObjectDisposedException)
        {
            return SockResult.Fail(NetworkError.BadHandle);
        }
    }

    // Whether a task ended: 1 if so, 0 at the timeout.
    private async Task<SockResult> EndOf(Task task, TimeSpan timeout, CancellationToken interrupt)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            interrupt,
            _disposing.Token
        );
        SockResult end = await task.EndsWithin(timeout, ending.Token).ConfigureAwait(false);
        return _disposing.IsCancellationRequested ? SockResult.Fail(NetworkError.BadHandle) : end;
    }

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
