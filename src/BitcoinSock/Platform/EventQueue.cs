namespace BitcoinSock;

/// <summary>One event of an <see cref="EventQueue"/>.</summary>
/// <param name="Token">What the socket was added with.</param>
/// <param name="Occurred">What is there.</param>
internal readonly record struct QueuedEvent(ulong Token, SockEvents Occurred);

/// <summary>
/// Sockets that the system watches by itself, so that a wait does not cost more for the idle ones:
/// epoll(7), where there is one. Level-triggered. Errors and hang-ups always count.
/// </summary>
internal abstract class EventQueue : IDisposable
{
    /// <summary>Whether a wait that is under way does not see changes.</summary>
    public virtual bool IsSnapshot => false;

    /// <summary>
    /// Whether waiting, or adding a socket that is open, failed because the queue itself is not:
    /// somebody else has closed it. Then it is not closed a second time.
    /// </summary>
    public virtual bool IsGone(SockResult failed) => false;

    public abstract SockResult Add(CSocket socket, SockEvents requested, ulong token);

    public abstract SockResult Modify(CSocket socket, SockEvents requested, ulong token);

    public abstract SockResult Remove(CSocket socket);

    /// <summary>
    /// Adds a socket, or changes it, for one event: it is told once, and then not again before the
    /// socket is armed anew.
    /// </summary>
    public abstract SockResult Arm(CSocket socket, SockEvents requested, ulong token);

    /// <summary>One wait: the number of events, 0 at the timeout.</summary>
    public abstract SockResult Wait(Span<QueuedEvent> events, int timeoutMs);

    public abstract void Dispose();
}
