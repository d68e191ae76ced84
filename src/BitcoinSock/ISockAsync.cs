namespace BitcoinSock;

/// <summary>Something whose waits can be awaited, without a thread that blocks.</summary>
public interface ISockWaitAsync : ISockWait
{
    /// <summary>Awaits that one of the requested events is there.</summary>
    /// <param name="timeout">
    /// How long at most: zero looks and returns, <see cref="Timeout.InfiniteTimeSpan"/> waits for
    /// ever. A timeout is never reported early.
    /// </param>
    /// <param name="requested">What to wait for; an error or a hang-up always counts.</param>
    /// <param name="interrupt">
    /// Ends the wait at once. Whoever fires it does not run what is awaited: a backend sees to
    /// that.
    /// </param>
    /// <returns>
    /// A count of 1 if something occurred and 0 at the timeout; or the code of the error, EINTR if
    /// <paramref name="interrupt"/> fired first. Nothing is consumed. Await it once.
    /// </returns>
    ValueTask<SockResult> WaitAsync(
        TimeSpan timeout,
        SockEvents requested,
        CancellationToken interrupt = default
    );
}

/// <summary>
/// A backend that can be awaited. Its sends and receives never block under an operation, so there
/// is nothing else to await, and every operation has an async form over it.
/// </summary>
public interface ISockAsync : ISock, ISockWaitAsync;

/// <summary>A listener that can be awaited.</summary>
/// <typeparam name="TAccepted">What a connection is.</typeparam>
public interface ISockAcceptAsync<TAccepted> : ISockAccept<TAccepted>, ISockWaitAsync
    where TAccepted : class;
