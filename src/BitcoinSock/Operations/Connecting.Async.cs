using System.Net;

namespace BitcoinSock;

// ConnectComplete, AcceptComplete and IsConnected for those who await.
public static partial class SockOperations
{
    /// <summary>Connects, and awaits that this worked or failed.</summary>
    /// <inheritdoc cref="TryConnectComplete{TSock}(TSock, EndPoint, TimeSpan, CancellationToken)"/>
    public static ValueTask<SockOutcome> TryConnectCompleteAsync<TSock>(
        this TSock sock,
        EndPoint endPoint,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockConnect, ISockGetSockOpt, ISockWaitAsync
    {
        _ = Addresses.Serialize(endPoint); // or it throws, while nothing has been touched
        Observed? observed = Observed.Begin(sock, nameof(ConnectComplete));
        return Driver.RunAsync(
            sock,
            observed,
            new ConnectJob(observed ?? (ISockConnect)sock, observed ?? (ISockGetSockOpt)sock),
            endPoint,
            static to => to,
            timeout,
            interrupt
        );
    }

    /// <summary>Connects, or throws.</summary>
    /// <inheritdoc cref="ConnectComplete{TSock}(TSock, EndPoint, TimeSpan, CancellationToken)"/>
    public static async ValueTask ConnectCompleteAsync<TSock>(
        this TSock sock,
        EndPoint endPoint,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockConnect, ISockGetSockOpt, ISockWaitAsync
    {
        SockOutcome outcome = await sock.TryConnectCompleteAsync(endPoint, timeout, interrupt)
            .ConfigureAwait(false);
        outcome.ThrowIfConnectFailed(endPoint, interrupt);
    }

    /// <summary>Awaits a connection and accepts it.</summary>
    /// <param name="sock">
    /// The listener. It is put in non-blocking mode and stays so; what it accepts is in blocking
    /// mode. Any number may accept from it at once: each connection is one's, and the others wait
    /// on.
    /// </param>
    /// <param name="timeout">
    /// For the whole: zero is one try, <see cref="Timeout.InfiniteTimeSpan"/> no deadline.
    /// </param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// The outcome, as of the form that blocks; and if it is Ok the connection, and its other end,
    /// which is null if it has no address.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public static async ValueTask<(
        SockOutcome Outcome,
        TAccepted? Accepted,
        EndPoint? Peer
    )> TryAcceptCompleteAsync<TAccepted>(
        this ISockAcceptAsync<TAccepted> sock,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TAccepted : class
    {
        ObservedAccept<TAccepted>? observed = ObservedAccept<TAccepted>.Begin(sock);
        var job = new AcceptJob<TAccepted>();
        SockOutcome outcome = await Driver
            .RunAsync(
                sock,
                observed,
                job,
                observed ?? (ISockAccept<TAccepted>)sock,
                static listener => listener,
                timeout,
                interrupt
            )
            .ConfigureAwait(false);
        (TAccepted? accepted, EndPoint? peer) = job;
        return (outcome, accepted, peer);
    }

    /// <summary>Awaits a connection and accepts it, or throws.</summary>
    /// <returns>The connection, and its other end, which is null if it has no address.</returns>
    /// <inheritdoc cref="TryAcceptCompleteAsync"
    /// path="/*[not(self::returns)]"/>
    /// <exception cref="SockException">It could not.</exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public static async ValueTask<(
        TAccepted Accepted,
        EndPoint? Peer
    )> AcceptCompleteAsync<TAccepted>(
        this ISockAcceptAsync<TAccepted> sock,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TAccepted : class
    {
        (SockOutcome outcome, TAccepted? accepted, EndPoint? peer) =
            await sock.TryAcceptCompleteAsync(timeout, interrupt).ConfigureAwait(false);
        outcome.ThrowIfAcceptFailed(interrupt);
        return (accepted!, peer);
    }

    /// <summary>As the form that blocks, which does not wait either.</summary>
    /// <inheritdoc cref="TryIsConnected"/>
    public static ValueTask<SockOutcome> TryIsConnectedAsync(this ISockAsync sock) =>
        new(sock.TryIsConnected());

    /// <summary>As the form that blocks, which does not wait either.</summary>
    /// <inheritdoc cref="IsConnected"/>
    public static ValueTask<bool> IsConnectedAsync(this ISockAsync sock) =>
        new(sock.IsConnected(out _));
}
