namespace BitcoinSock;

public static partial class SockOperations
{
    /// <summary>
    /// Reads exactly as many bytes as the buffer holds. Core's <c>InterruptibleRecv</c> of
    /// netbase.cpp.
    /// </summary>
    /// <param name="sock">Where from.</param>
    /// <param name="buffer">Where to; of length 0 means success without a call.</param>
    /// <param name="timeout">
    /// For the whole: zero is one try, <see cref="Timeout.InfiniteTimeSpan"/> no deadline.
    /// </param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// Ok, Closed, Timeout, Interrupted, Failed or Inconsistent, with the number of bytes consumed,
    /// which are at the front of <paramref name="buffer"/>.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    /// <exception cref="ArgumentException">The sock is known to be no stream.</exception>
    public static SockOutcome TryRecvComplete<TSock>(
        this TSock sock,
        Span<byte> buffer,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockRecv, ISockWait
    {
        StreamsOnly.ThrowIfItHasMessages(sock);
        using Observed? observed = Observed.Begin(sock, nameof(RecvComplete));
        var job = new RecvJob(observed ?? (ISockRecv)sock, buffer.Length);
        return Driver.Run(sock, observed, ref job, buffer, timeout, interrupt);
    }

    /// <summary>Reads exactly as many bytes as the buffer holds, or throws.</summary>
    /// <inheritdoc cref="TryRecvComplete{TSock}(TSock, Span{byte}, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <exception cref="SockException">It could not; Count says how many were read.</exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public static void RecvComplete<TSock>(
        this TSock sock,
        Span<byte> buffer,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockRecv, ISockWait =>
        sock.TryRecvComplete(buffer, timeout, interrupt).ThrowIfRecvFailed(buffer, interrupt);
}
