using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>Something that takes bytes.</summary>
public interface ISockSend
{
    /// <summary>
    /// One send(2): hands over as many bytes as the system takes now. Never retries.
    /// </summary>
    /// <param name="data">The bytes.</param>
    /// <param name="flags">How.</param>
    /// <returns>
    /// How many bytes were taken, from the front, possibly fewer than asked; or the code of the
    /// error: EAGAIN if none can be taken now and <see cref="SockFlags.DontWait"/>, or the mode of
    /// the handle, forbids to wait.
    /// </returns>
    SockResult Send(ReadOnlySpan<byte> data, SockFlags flags);
}

/// <summary>Something that takes bytes from two places in one call.</summary>
public interface ISockSendVectored
{
    /// <summary>
    /// One sendmsg(2) of two parts, one behind the other: hands over as many bytes as the system
    /// takes now. Never retries.
    /// </summary>
    /// <param name="first">The bytes that go first.</param>
    /// <param name="second">The bytes that follow.</param>
    /// <param name="flags">How.</param>
    /// <returns>
    /// How many bytes were taken of both together, from the front; or the code of the error.
    /// </returns>
    SockResult Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, SockFlags flags);
}

/// <summary>Something that gives bytes.</summary>
public interface ISockRecv
{
    /// <summary>
    /// One recv(2): takes as many bytes as are there now, up to the length of the buffer; with
    /// <see cref="SockFlags.Peek"/> it leaves them there as well. Never retries.
    /// </summary>
    /// <param name="buffer">Where to put the bytes.</param>
    /// <param name="flags">How.</param>
    /// <returns>
    /// How many bytes were put, 0 after the peer has closed; or the code of the error: EAGAIN if
    /// none are there now and <see cref="SockFlags.DontWait"/>, or the mode of the handle, forbids
    /// to wait.
    /// </returns>
    SockResult Recv(Span<byte> buffer, SockFlags flags);
}

/// <summary>Something that can be waited for, and the clock by which it waits.</summary>
public interface ISockWait
{
    /// <summary>
    /// The clock of <see cref="Wait"/> and of every deadline; only its timestamps count. A backend
    /// around another one passes that one's on.
    /// </summary>
    TimeProvider Clock => TimeProvider.System;

    /// <summary>Waits until one of the requested events is there.</summary>
    /// <param name="timeout">
    /// How long at most: zero looks and returns, <see cref="Timeout.InfiniteTimeSpan"/> waits for
    /// ever. A timeout is never reported early.
    /// </param>
    /// <param name="requested">What to wait for.</param>
    /// <param name="occurred">
    /// What is there: of <paramref name="requested"/>, and <see cref="SockEvents.Error"/>. Set anew
    /// on each call.
    /// </param>
    /// <param name="interrupt">
    /// Ends the wait: at once if the backend can be woken, else within
    /// <see cref="Sock.MaxWaitForIo"/>, because operations wait in slices.
    /// </param>
    /// <returns>
    /// A count of 1 if something occurred and 0 at the timeout; or the code of the error, EINTR if
    /// <paramref name="interrupt"/> fired first.
    /// </returns>
    SockResult Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt = default
    );
}

/// <summary>Something that can be connected to an address.</summary>
public interface ISockConnect
{
    /// <summary>
    /// One connect(2). In non-blocking mode it starts the attempt and fails with EINPROGRESS.
    /// </summary>
    /// <param name="endPoint">Where to: an address, not a name.</param>
    SockResult Connect(EndPoint endPoint);

    /// <summary>
    /// Makes calls return instead of block, from now on. By default there is nothing to do, for a
    /// backend that never blocks.
    /// </summary>
    SockResult SetNonBlocking() => SockResult.Ok(0);

    /// <summary>
    /// Whether both ends of the connection are this one: TCP connects a socket to itself if the
    /// system gives it, as its own port, the very port on this machine that it connects to, and
    /// nobody listens there. By default it is not.
    /// </summary>
    bool IsConnectedToItself() => false;
}

/// <summary>Something that accepts connections.</summary>
/// <typeparam name="TAccepted">What a connection is.</typeparam>
public interface ISockAccept<TAccepted> : ISockWait
    where TAccepted : class
{
    /// <summary>One accept(2). In non-blocking mode it is EAGAIN if nobody is there.</summary>
    /// <param name="accepted">The connection; nothing of use on error.</param>
    /// <param name="peer">Its other end; null on error, or if it has no address.</param>
    SockResult Accept(out TAccepted accepted, out EndPoint? peer);

    /// <inheritdoc cref="ISockConnect.SetNonBlocking"/>
    SockResult SetNonBlocking() => SockResult.Ok(0);

    /// <summary>
    /// Whether an error of <see cref="Accept"/> is that of one connection, which is gone: the next
    /// may be there. By default ECONNABORTED is.
    /// </summary>
    /// <param name="error">The code of the error.</param>
    bool AcceptGoesOn(int error) => error == NetworkError.ConnectionAborted;
}

/// <summary>Something that has socket options.</summary>
public interface ISockGetSockOpt
{
    /// <summary>One getsockopt(2) of an integer option.</summary>
    /// <param name="level">The level of the option.</param>
    /// <param name="name">The option.</param>
    /// <param name="value">
    /// Its value. That of <see cref="SocketOptionName.Error"/> is a code of the system's own, as in
    /// <see cref="SockResult.Error"/>.
    /// </param>
    SockResult GetSockOpt(SocketOptionLevel level, SocketOptionName name, out int value);
}

/// <summary>Something whose sending side can be closed by itself.</summary>
public interface ISockShutdownSend
{
    /// <summary>
    /// One shutdown(2) with SHUT_WR: the peer gets every byte sent, then the end of the stream;
    /// receiving goes on.
    /// </summary>
    SockResult ShutdownSend();
}

/// <summary>Something that has a descriptor.</summary>
public interface ISockGet
{
    /// <summary>
    /// The descriptor, still owned by this object; <see cref="CSocket.Invalid"/> if empty.
    /// </summary>
    CSocket Get();
}

/// <summary>Something that can give its descriptor away.</summary>
public interface ISockRelease
{
    /// <summary>Gives up the descriptor without closing it; it is the caller's to close.</summary>
    /// <returns>The descriptor; <see cref="CSocket.Invalid"/> if there was none.</returns>
    CSocket Release();
}

/// <summary>Something that can let go of its descriptor.</summary>
public interface ISockReset
{
    /// <summary>Closes the descriptor, if any, and is empty afterwards.</summary>
    void Reset();
}

/// <summary>Something that sends all of it: what a protocol that only talks needs.</summary>
public interface ISockSendComplete
{
    /// <inheritdoc cref="SockOperations.TrySendComplete{TSock}(TSock, ReadOnlySpan{byte}, TimeSpan,
    /// CancellationToken)"/>
    SockOutcome TrySendComplete(
        ReadOnlySpan<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    );

    /// <inheritdoc cref="SockOperations.SendComplete{TSock}(TSock, ReadOnlySpan{byte}, TimeSpan,
    /// CancellationToken)"/>
    void SendComplete(
        ReadOnlySpan<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    ) => TrySendComplete(data, timeout, interrupt).ThrowIfSendFailed(data.Length, interrupt);
}

/// <summary>Something that reads lines and not one byte more: what a line protocol needs.</summary>
public interface ISockRecvUntilTerminator
{
    /// <inheritdoc cref="SockOperations.TryRecvUntilTerminator{TSock}(TSock, byte, Span{byte},
    /// TimeSpan, CancellationToken)"/>
    SockOutcome TryRecvUntilTerminator(
        byte terminator,
        Span<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt = default
    );

    /// <inheritdoc cref="SockOperations.TryRecvUntilTerminator{TSock}(TSock, byte,
    /// IBufferWriter{byte}, TimeSpan, CancellationToken, int)"/>
    SockOutcome TryRecvUntilTerminator(
        byte terminator,
        IBufferWriter<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    );

    /// <inheritdoc cref="SockOperations.RecvUntilTerminator{TSock}(TSock, byte, TimeSpan,
    /// CancellationToken, int)"/>
    string RecvUntilTerminator(
        byte terminator,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    )
    {
        using var line = PooledBuffer.Rent();
        return TryRecvUntilTerminator(terminator, line, timeout, interrupt, maxData)
            .ToText(line, interrupt);
    }
}

/// <summary>Something that knows whether its peer is still there.</summary>
public interface ISockIsConnected
{
    /// <inheritdoc cref="SockOperations.IsConnected{TSock}(TSock, out string)"/>
    bool IsConnected(out string errmsg);
}

/// <summary>
/// The seam. A class that supplies <see cref="ISockSend.Send"/>, <see cref="ISockRecv.Recv"/> and
/// <see cref="ISockWait.Wait"/> is a backend, and has every operation of <see
/// cref="SockOperations"/>.
/// </summary>
/// <remarks>
/// Error codes are the system's own: <see cref="SockResult.Fail(SocketError)"/> translates. A
/// backend that does a whole job better itself implements that member as well: every form of the
/// operation then uses it, but for <c>SendComplete</c> of two buffers and what is awaited (and it
/// must not call them on itself).
/// </remarks>
public interface ISock
    : ISockSend,
        ISockRecv,
        ISockWait,
        ISockShutdownSend,
        ISockSendComplete,
        ISockRecvUntilTerminator,
        ISockIsConnected
{
    /// <summary>By default: not supported.</summary>
    SockResult ISockShutdownSend.ShutdownSend() =>
        SockResult.Fail(SocketError.OperationNotSupported);

    /// <inheritdoc/>
    SockOutcome ISockSendComplete.TrySendComplete(
        ReadOnlySpan<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt
    ) => SockOperations.TrySendComplete(this, data, default, timeout, interrupt);

    /// <inheritdoc/>
    SockOutcome ISockRecvUntilTerminator.TryRecvUntilTerminator(
        byte terminator,
        Span<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt
    ) => SockOperations.RecvLine(this, terminator, new(destination), timeout, interrupt);

    /// <inheritdoc/>
    SockOutcome ISockRecvUntilTerminator.TryRecvUntilTerminator(
        byte terminator,
        IBufferWriter<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    ) => SockOperations.RecvLine(this, terminator, new(destination, maxData), timeout, interrupt);

    /// <inheritdoc/>
    bool ISockIsConnected.IsConnected(out string errmsg) => SockOperations.Peek(this, out errmsg);
}
