namespace BitcoinSock;

public sealed partial class Sock
{
    /// <summary>
    /// Awaits one of the requested events, and holds no thread meanwhile: one of the library's own
    /// waits for all that is awaited, by epoll(7) on Linux, elsewhere and where asked by the
    /// <see cref="Mechanism"/>. An interrupt ends it at once, and so do <see cref="Dispose"/>,
    /// <see cref="Reset"/> and <see cref="Release"/>, as EBADF; whoever calls them does not run
    /// what was awaited, which goes on in a thread of the pool.
    /// </summary>
    /// <returns>As <see cref="Wait"/>; EMFILE if the system has no thread for it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    /// <inheritdoc/>
    public ValueTask<SockResult> WaitAsync(
        TimeSpan timeout,
        SockEvents requested,
        CancellationToken interrupt = default
    )
    {
        SockHandle? handle = Handle;
        bool isLook = timeout <= TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan;
        return isLook || interrupt.IsCancellationRequested || handle is null || !IsSelectable()
            ? new(Wait(isLook ? timeout : TimeSpan.Zero, requested, out _, interrupt))
            : Reactor.WaitAsync(Mechanism, this, handle, timeout, requested, interrupt);
    }
}
