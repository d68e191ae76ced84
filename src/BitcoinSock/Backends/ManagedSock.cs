using System.Net;
using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>
/// A <see cref="System.Net.Sockets.Socket"/> as a backend: for who has one already, and for who
/// awaits. Outcomes and codes are those of <see cref="Sock"/>.
/// </summary>
public sealed class ManagedSock : ISockAsync, ISockConnect, ISockGetSockOpt, IDisposable
{
    private readonly bool _ownsSocket;
    private readonly bool _wasBlocking;

    // The same descriptor, to wait on; it closes nothing.
    private readonly Sock _watched;
    private Task? _connecting;

    /// <summary>Takes a socket, and puts it in non-blocking mode.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="ownsSocket">
    /// Whether <see cref="Dispose"/> disposes it. If not, it puts it back in the mode it was in.
    /// </param>
    /// <exception cref="ObjectDisposedException">The socket is disposed.</exception>
    public ManagedSock(Socket socket, bool ownsSocket = true)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Socket = socket;
        _ownsSocket = ownsSocket;
        _wasBlocking = socket.Blocking;
        socket.Blocking = false;
        _watched = Sock.Watch(new CSocket(socket.Handle));
    }

    /// <summary>The socket.</summary>
    public Socket Socket { get; }

    /// <inheritdoc/>
    public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags)
    {
        try
        {
            // What was taken before it would have blocked comes with that error.
            int count = Socket.Send(data, SocketFlags.None, out SocketError error);
            return count > 0 || error == SocketError.Success
                ? SockResult.Ok(count)
                : SockResult.Fail(error);
        }
        catch (ObjectDisposedException)
        {
            return SockResult.Fail(NetworkError.BadHandle);
        }
    }

    /// <inheritdoc/>
    public SockResult Recv(Span<byte> buffer, SockFlags flags)
    {
        try
        {
            SocketFlags peek = (flags & SockFlags.Peek) != 0 ? SocketFlags.Peek : SocketFlags.None;
            int count = Socket.Receive(buffer, peek, out SocketError error);
            return error == SocketError.Success ? SockResult.Ok(count) : SockResult.Fail(error);
        }
        catch (ObjectDisposedException)
        {
            return SockResult.Fail(NetworkError.BadHandle);
        }
    }

    /// <summary>
    /// Waits as <see cref="Sock.Wait"/> does, and as precisely; an interrupt wakes it at once.
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
            return WaitConnecting(connecting, timeout, out occurred, interrupt);
        }

        using var hold = new Hold(Socket.SafeHandle);
        occurred = SockEvents.Error;
        return hold.IsHeld
            ? _watched.Wait(timeout, requested, out occurred, interrupt)
            : SockResult.Fail(NetworkError.BadHandle);
    }

    /// <summary>
    /// Starts to connect, and then tells how far that is: EINPROGRESS, EALREADY, or its end.
    /// </summary>
    /// <param name="endPoint">Where to: an address, not a name.</param>
    public SockResult Connect(EndPoint endPoint)
    {
        try
        {
            Task? before = _connecting;
            Task connecting = before ?? Socket.ConnectAsync(endPoint);
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
            return SockResult.Fail(failure.NativeErrorCode);
        }
        catch (ObjectDisposedException)
        {
            return SockResult.Fail(NetworkError.BadHandle);
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
        ArgumentNullException.ThrowIfNull(endPoint);
        if (endPoint is DnsEndPoint)
        {
            throw Sock.IsName(endPoint);
        }

        var pace = new Pace(timeout, TimeProvider.System, interrupt);
        SockResult attempt = Connect(endPoint);
        while (_connecting is Task connecting)
        {
            SockOutcome look = pace.Look(moved: false);
            if (!look.IsOk)
            {
                return look;
            }

            // Its end, good or bad, is told by the next attempt.
            await Task.WhenAny(connecting, Task.Delay(pace.Slice().Remaining, interrupt))
                .ConfigureAwait(false);
            attempt = Connect(endPoint);
        }

        return attempt.IsError && attempt.Error != NetworkError.AlreadyConnected
            ? SockOutcome.Failed(attempt.Error)
            : SockOutcome.Ok(0);
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
        bool isError = level == SocketOptionLevel.Socket && name == SocketOptionName.Error;
        if (isError && _connecting is not null)
        {
            // The connect's own error is its task's to take; asking the system would take it away.
            return SockResult.Ok(0);
        }

        try
        {
            value = (int)Socket.GetSocketOption(level, name)!;
            value = isError && value != 0 ? NetworkError.NativeCode((SocketError)value) : value;
            return SockResult.Ok(0);
        }
        catch (SocketException failure)
        {
            return SockResult.Fail(failure.NativeErrorCode);
        }
        catch (ObjectDisposedException)
        {
            return SockResult.Fail(NetworkError.BadHandle);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<SockResult> SendAsync(
        ReadOnlyMemory<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        SockResult sent = Send(data.Span, SockFlags.None);
        if (!sent.IsError || NetworkError.IoErrorIsPermanent(sent.Error))
        {
            return sent;
        }

        // The base library does not say how much was sent before a cancellation. Of one byte it
        // does: it was sent or it was not. When it is, there is room for more.
        return await EndOf(
                static (socket, data, token) => socket.SendAsync(data, SocketFlags.None, token),
                data[..1],
                timeout,
                interrupt
            )
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<SockResult> WaitRecvAsync(TimeSpan timeout, CancellationToken interrupt)
    {
        // Receiving into nothing waits for something, and takes none of it.
        SockResult end = await EndOf(
                static async (socket, _, token) =>
                    1 + await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, token),
                default,
                timeout,
                interrupt
            )
            .ConfigureAwait(false);
        return end;
    }

    /// <inheritdoc/>
    public SockResult ShutdownSend()
    {
        // Not Socket.Shutdown, which takes "not connected" for success.
        using var hold = new Hold(Socket.SafeHandle);
        return hold.IsHeld ? _watched.ShutdownSend() : SockResult.Fail(NetworkError.BadHandle);
    }

    /// <summary>Lets the socket go, and disposes it if it is owned; who waits is woken.</summary>
    public void Dispose()
    {
        _watched.Release();
        if (_ownsSocket)
        {
            Socket.Dispose();
        }
        else if (!Socket.SafeHandle.IsClosed)
        {
            Socket.Blocking = _wasBlocking;
        }
    }

    // What a call that is awaited gave; 0 at the timeout.
    private async ValueTask<SockResult> EndOf(
        Func<Socket, ReadOnlyMemory<byte>, CancellationToken, ValueTask<int>> call,
        ReadOnlyMemory<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(interrupt);
        ending.CancelAfter(Deadline.ToMilliseconds(timeout));
        try
        {
            return SockResult.Ok(await call(Socket, data, ending.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            return interrupt.IsCancellationRequested
                ? SockResult.Fail(NetworkError.Interrupted)
                : SockResult.Ok(0);
        }
        catch (SocketException failure)
        {
            return SockResult.Fail(failure.NativeErrorCode);
        }
        catch (ObjectDisposedException)
        {
            return SockResult.Fail(NetworkError.BadHandle);
        }
    }

    // While it connects, the base library has the last word on whether it has.
    private static SockResult WaitConnecting(
        Task connecting,
        TimeSpan timeout,
        out SockEvents occurred,
        CancellationToken interrupt
    )
    {
        var deadline = new Deadline(timeout, TimeProvider.System);
        occurred = SockEvents.None;
        try
        {
            while (!connecting.IsCompleted && !deadline.HasPassed)
            {
                int sliceMs = Deadline.ToMilliseconds(deadline.Slice);
                _ = Task.WaitAny([connecting], sliceMs, interrupt);
            }
        }
        catch (OperationCanceledException)
        {
            return SockResult.Fail(NetworkError.Interrupted);
        }

        occurred = connecting.IsCompleted ? SockEvents.Send : SockEvents.None;
        return SockResult.Ok(connecting.IsCompleted ? 1 : 0);
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
