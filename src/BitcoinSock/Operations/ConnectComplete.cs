using System.Net;
using System.Net.Sockets;

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
        return observed is null
            ? Connect(sock, endPoint, timeout, interrupt)
            : observed.End(Connect(observed, endPoint, timeout, interrupt));
    }

    private static SockOutcome Connect<TSock>(
        TSock sock,
        EndPoint endPoint,
        TimeSpan timeout,
        CancellationToken interrupt
    )
        where TSock : ISockConnect, ISockWait, ISockGetSockOpt
    {
        var pace = new Pace(timeout, sock.Clock, interrupt);
        SockResult mode = sock.SetNonBlocking();
        if (mode.IsError)
        {
            return SockOutcome.Failed(mode.Error);
        }

        SockResult attempt = sock.Connect(endPoint);
        while (attempt.IsError)
        {
            if (
                NetworkError.IoErrorIsPermanent(attempt.Error)
                && attempt.Error != NetworkError.AlreadyInProgress
            )
            {
                return SockOutcome.Failed(attempt.Error);
            }

            SockOutcome next = pace.Next(sock, SockEvents.Send, moved: false);
            if (!next.IsOk)
            {
                return next;
            }

            // Asked after every wait, because older WSAPoll never reports a connect that failed.
            SockResult asked = sock.GetSockOpt(
                SocketOptionLevel.Socket,
                SocketOptionName.Error,
                out int pending
            );
            if (asked.IsError || pending != 0)
            {
                return SockOutcome.Failed(asked.IsError ? asked.Error : pending);
            }

            // Done, or not started (a full backlog of a unix listener is EAGAIN), interrupted,
            // woken for nothing, or a slice of the wait is over: connecting once more tells which.
            attempt = sock.Connect(endPoint);
            if (attempt.Error == NetworkError.AlreadyConnected)
            {
                return Connected(sock);
            }

            // Only now: of a first attempt the other codes for this are failures.
            if (NetworkError.ConnectGoesOn(attempt.Error))
            {
                attempt = SockResult.Fail(NetworkError.AlreadyInProgress);
            }
        }

        return Connected(sock);
    }

    // Of a port that nobody listens on, and that the system itself gave to this socket, there is
    // nobody to refuse a connect.
    internal static SockOutcome Connected<TSock>(TSock sock)
        where TSock : ISockConnect =>
        sock.IsConnectedToItself()
            ? SockOutcome.Failed(NetworkError.ConnectionRefused)
            : SockOutcome.Ok(0);

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
