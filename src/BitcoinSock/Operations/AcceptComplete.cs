using System.Net;

namespace BitcoinSock;

public static partial class SockOperations
{
    // Who connects and goes again must not keep an accept from clock and interrupt.
    private const int GoneInARowMax = 16;

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
        using Observed? observed = Observed.Begin(sock, nameof(AcceptComplete));
        if (observed is null)
        {
            return Accept(sock, out accepted, out peer, timeout, interrupt);
        }

        var listener = new ObservedAccept<TAccepted>(observed, sock);
        return observed.End(Accept(listener, out accepted, out peer, timeout, interrupt));
    }

    private static SockOutcome Accept<TAccepted>(
        ISockAccept<TAccepted> sock,
        out TAccepted? accepted,
        out EndPoint? peer,
        TimeSpan timeout,
        CancellationToken interrupt
    )
        where TAccepted : class
    {
        var pace = new Pace(timeout, sock.Clock, interrupt);
        (accepted, peer) = (null, null);
        // A wait is no promise: another thread may be faster, or the peer be gone.
        SockResult mode = sock.SetNonBlocking();
        if (mode.IsError)
        {
            return SockOutcome.Failed(mode.Error);
        }

        while (true)
        {
            SockOutcome step = AcceptOne(sock, out accepted, out peer);
            if (!step.IsOk || accepted is not null)
            {
                return step;
            }

            SockOutcome next = pace.Next(sock, SockEvents.Recv, moved: false);
            if (!next.IsOk)
            {
                return next;
            }
        }
    }

    // One accept, and another for each connection that is gone. Ok and null: nobody is there.
    private static SockOutcome AcceptOne<TAccepted>(
        ISockAccept<TAccepted> sock,
        out TAccepted? accepted,
        out EndPoint? peer
    )
        where TAccepted : class
    {
        for (int gone = 0; gone < GoneInARowMax; gone++)
        {
            SockResult got = sock.Accept(out accepted, out peer);
            if (!got.IsError)
            {
                return SockOutcome.Ok(0);
            }

            if (!sock.AcceptGoesOn(got.Error))
            {
                (accepted, peer) = (null, null);
                return RetryOrFail(got.Error);
            }
        }

        (accepted, peer) = (null, null);
        return SockOutcome.Ok(0);
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
