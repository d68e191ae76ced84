namespace BitcoinSock;

/// <summary>
/// A backend whose waits can be awaited, without a thread that blocks: sending all of it, reading a
/// line and reading exactly so much have async forms over it.
/// </summary>
public interface ISockAsync : ISock
{
    /// <summary>
    /// Sends as many bytes as the system takes; if it takes none now, awaits that it takes one.
    /// </summary>
    /// <param name="data">The bytes; at least one.</param>
    /// <param name="timeout">How long to await at most.</param>
    /// <param name="interrupt">Ends it early.</param>
    /// <returns>
    /// How many bytes were taken, from the front: none at the timeout; or the code of the error,
    /// EINTR if <paramref name="interrupt"/> fired first. No byte is taken that is not counted.
    /// </returns>
    ValueTask<SockResult> SendAsync(
        ReadOnlyMemory<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt
    );

    /// <summary>Awaits that a receive finds bytes, the end of the stream or an error.</summary>
    /// <param name="timeout">
    /// How long to await at most; it may be up to a millisecond less, operations look at the clock.
    /// </param>
    /// <param name="interrupt">Ends it early.</param>
    /// <returns>
    /// A count of 1 if so, 0 at the timeout; or the code of the error, EINTR if
    /// <paramref name="interrupt"/> fired first. Nothing is consumed.
    /// </returns>
    ValueTask<SockResult> WaitRecvAsync(TimeSpan timeout, CancellationToken interrupt);
}
