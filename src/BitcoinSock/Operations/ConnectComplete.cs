using System.Net;

namespace BitcoinSock;

public static partial class SockOperations
{
    /// <summary>
    /// Connects, and waits until that worked or failed. Core's <c>ConnectToSocket</c> of
    /// netbase.cpp.
    /// </summary>
    /// <param name="sock">
    /// What to connect. It is put in non-blocking mode and stays so. If this fails it may still be
    /// connecting: close it, and try again with a new one.
    /// </param>
    /// <param name="endPoint">Where to: an address, not a name.</param>
    /// <param name="timeout">
    /// For the whole: zero is one try, <see cref="Timeout.InfiniteTimeSpan"/> no deadline.
    /// </param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// Ok, Timeout, Interrupted or Failed; the count is 0. A socket that the system connected to
    /// itself is Failed as refused: nobody listens there.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    /// <exception cref="ArgumentException">The endpoint is no address.</exception>
    public static SockOutcome TryConnectComplete<TSock>(
        this TSock sock,
        EndPoint endPoint,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockConnect, ISockWait, ISockGetSockOpt
    {
        _ = Addresses.Serialize(endPoint); // or it throws, while nothing has been touched
        using Observed? observed = Observed.Begin(sock, nameof(ConnectComplete));
        var job = new ConnectJob(observed ?? (ISockConnect)sock, observed ?? (ISockGetSockOpt)sock);
        return Driver.Run(sock, observed, ref job, endPoint, timeout, interrupt);
    }

    /// <summary>Connects, or throws.</summary>
    /// <inheritdoc cref="TryConnectComplete{TSock}(TSock, EndPoint, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <exception cref="SockException">It could not.</exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public static void ConnectComplete<TSock>(
        this TSock sock,
        EndPoint endPoint,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockConnect, ISockWait, ISockGetSockOpt =>
        sock.TryConnectComplete(endPoint, timeout, interrupt)
            .ThrowIfConnectFailed(endPoint, interrupt);
}
