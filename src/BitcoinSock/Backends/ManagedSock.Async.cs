using System.Net;
using System.Net.Sockets;

namespace BitcoinSock;

// What is awaited: here the base library does what poll(2) does elsewhere.
public sealed partial class ManagedSock
{
    private const int RetryMs = 10;

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
            {
                await socket
                    .ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, token)
                    .ConfigureAwait(false);
                return 1;
            },
            default,
            new Deadline(timeout, TimeProvider.System),
            interrupt
        );

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
    public ValueTask<SockOutcome> TryConnectCompleteAsync(
        EndPoint endPoint,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        _ = Addresses.Serialize(endPoint);
        return Observed.Begin(this, nameof(SockOperations.ConnectComplete)) is Observed observed
            ? observed.EndAsync(ConnectAsync(observed, endPoint, timeout, interrupt))
            : ConnectAsync(this, endPoint, timeout, interrupt);
    }

    private async ValueTask<SockOutcome> ConnectAsync(
        ISockConnect self,
        EndPoint endPoint,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        var pace = new Pace(timeout, TimeProvider.System, interrupt);
        using CancellationTokenSource ending = Ending(interrupt);
        SockResult attempt = self.Connect(endPoint);
        while (attempt.IsError)
        {
            // A disposal ends also what is under way.
            bool isOver = _connecting is null || attempt.Error == NetworkError.BadHandle;
            if (isOver && NetworkError.IoErrorIsPermanent(attempt.Error))
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
            TimeSpan slice = pace.Slice().Remaining;
            SockResult waited = OrDisposed(
                await end.EndsWithin(slice, ending.Token).ConfigureAwait(false)
            );
            _ = (self as Observed)?.Waited(nameof(Socket.ConnectAsync), slice, waited);
            attempt = self.Connect(endPoint);
        }

        return SockOperations.Connected(self);
    }

    /// <summary>Connects, or throws.</summary>
    /// <inheritdoc cref="TryConnectCompleteAsync(EndPoint, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
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

    // What a call that is awaited gave; 0 at the timeout.
    private async ValueTask<SockResult> ResultOf(
        Func<Socket, ReadOnlyMemory<byte>, CancellationToken, ValueTask<int>> call,
        ReadOnlyMemory<byte> data,
        Deadline deadline,
        CancellationToken interrupt
    )
    {
        using CancellationTokenSource ending = Ending(interrupt);
        ending.CancelAfter(deadline.RemainingMs);
        try
        {
            return SockResult.Ok(await call(Socket, data, ending.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            return OrDisposed(
                interrupt.IsCancellationRequested
                    ? SockResult.Fail(NetworkError.Interrupted)
                    : SockResult.Ok(0)
            );
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

    private CancellationTokenSource Ending(CancellationToken interrupt) =>
        CancellationTokenSource.CreateLinkedTokenSource(interrupt, _disposing.Token);

    private SockResult OrDisposed(SockResult end) =>
        _disposing.IsCancellationRequested ? SockResult.Fail(NetworkError.BadHandle) : end;
}
