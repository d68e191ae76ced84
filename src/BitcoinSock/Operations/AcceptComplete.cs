using System.Net;

namespace BitcoinSock;

public static partial class SockOperations
{
    /// <summary>Waits for a connection and accepts it.</summary>
    /// <inheritdoc cref="TryAcceptComplete{TAccepted}(ISockAccept{TAccepted}, out TAccepted,
    /// out EndPoint, TimeSpan, CancellationToken)"/>
    public static SockOutcome TryAcceptComplete<TAccepted>(
        this ISockAccept<TAccepted> sock,
        out TAccepted? accepted,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TAccepted : class => sock.TryAcceptComplete(out accepted, out _, timeout, interrupt);

    /// <summary>Waits for a connection and accepts it, and tells from where it comes.</summary>
    /// <param name="sock">
    /// The listener. It is put in non-blocking mode and stays so; what it accepts is in blocking
    /// mode. Any number of threads may accept from it at once: each connection is one thread's, and
    /// the others wait on.
    /// </param>
    /// <param name="accepted">The connection; null unless this is Ok.</param>
    /// <param name="peer">Its other end; null unless this is Ok, or if it has no address.</param>
    /// <param name="timeout">
    /// For the whole: zero is one try, <see cref="Timeout.InfiniteTimeSpan"/> no deadline.
    /// </param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// Ok, Timeout, Interrupted or Failed; the count is 0. A connection that its peer gave up
    /// before it was accepted is passed over, and so are the network errors that Linux reports for
    /// one (accept(2) says to treat them like EAGAIN). Any other error ends it at once, as EMFILE
    /// does when no descriptor is left: whoever waits to be accepted waits on.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public static SockOutcome TryAcceptComplete<TAccepted>(
        this ISockAccept<TAccepted> sock,
        out TAccepted? accepted,
        out EndPoint? peer,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TAccepted : class
    {
        using ObservedAccept<TAccepted>? observed = ObservedAccept<TAccepted>.Begin(sock);
        ISockAccept<TAccepted> listener = observed ?? sock;
        var job = new AcceptJob<TAccepted>();
        SockOutcome outcome = Driver.Run(sock, observed, ref job, listener, timeout, interrupt);
        (accepted, peer) = job;
        return outcome;
    }

    /// <summary>Waits for a connection and accepts it, or throws.</summary>
    /// <returns>The connection.</returns>
    /// <inheritdoc cref="AcceptComplete{TAccepted}(ISockAccept{TAccepted}, out EndPoint, TimeSpan,
    /// CancellationToken)"/>
    public static TAccepted AcceptComplete<TAccepted>(
        this ISockAccept<TAccepted> sock,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TAccepted : class => sock.AcceptComplete(out _, timeout, interrupt);

    /// <summary>
    /// Waits for a connection and accepts it, and tells from where it comes, or throws.
    /// </summary>
    /// <returns>The connection.</returns>
    /// <inheritdoc cref="TryAcceptComplete{TAccepted}(ISockAccept{TAccepted}, out TAccepted,
    /// out EndPoint, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <exception cref="SockException">It could not.</exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public static TAccepted AcceptComplete<TAccepted>(
        this ISockAccept<TAccepted> sock,
        out EndPoint? peer,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TAccepted : class
    {
        sock.TryAcceptComplete(out TAccepted? accepted, out peer, timeout, interrupt)
            .ThrowIfAcceptFailed(interrupt);
        return accepted!;
    }
}
