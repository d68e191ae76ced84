namespace BitcoinSock;

/// <summary>
/// Waits for many sockets at a cost that does not grow with the idle ones, where the system has
/// such a thing: epoll(7) on Linux. Elsewhere, or where asked, by poll(2) (WSAPoll on Windows) or
/// select(2). It is level-triggered: what is not dealt with is told again.
/// </summary>
/// <remarks>
/// One thread waits; any thread may add, modify and remove meanwhile. What is registered is the
/// descriptor: its registration ends when it is closed, released or moved to another
/// <see cref="Sock"/>, and then it yields no event, not for another socket of the same number
/// either.
/// </remarks>
public sealed partial class SockPoller : IGoneObserver, IDisposable
{
    private const int EventsMax = 1024;
    private const ulong WakeUpToken = 0;

    private readonly Lock _gate = new();
    private readonly Dictionary<SockHandle, Registration> _byHandle = [];
    private readonly Dictionary<ulong, Registration> _byToken = [];
    private readonly WaitMechanism _mechanism;
    private readonly WakeUp _wakeUp;
    private EventQueue _queue;
    private ulong _lastToken = WakeUpToken;
    private QueuedEvent[] _events = [];
    private int _isWaiting;
    private volatile bool _isDisposed;

    /// <summary>By the best way that this system has.</summary>
    /// <exception cref="SockException">The system has no descriptor left for it.</exception>
    public SockPoller()
        : this(
            Platform.Current.CreateEventQueue() ?? new ListQueue(WaitMechanism.Poll),
            WaitMechanism.Poll
        ) { }

    /// <summary>By a wait for all sockets, each time: costly with many.</summary>
    /// <param name="mechanism">
    /// By which call. select(2) can hold descriptors below FD_SETSIZE; with a larger one every wait
    /// is EINVAL. As long as none of those is left for the poller's own use, an interrupt, a change
    /// and <see cref="Dispose"/> are noticed after a second, not at once.
    /// </param>
    /// <exception cref="SockException">The system has no descriptor left for it.</exception>
    public SockPoller(WaitMechanism mechanism)
        : this(new ListQueue(mechanism), mechanism) { }

    private SockPoller(EventQueue queue, WaitMechanism mechanism)
    {
        (_queue, _mechanism) = (queue, mechanism);
        try
        {
            _wakeUp =
                mechanism == WaitMechanism.Select
                    ? WakeUp.TryRent(mechanism) ?? WakeUp.CreateMute()
                    : WakeUp.Rent();
            if (!_wakeUp.Socket.IsInvalid)
            {
                AddWakeUp().ThrowIfError("SockPoller");
            }
        }
        catch
        {
            _wakeUp?.Dispose();
            _queue.Dispose();
            throw;
        }
    }

    /// <summary>How many sockets are registered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byHandle.Count;
            }
        }
    }

    /// <summary>Registers a socket.</summary>
    /// <param name="sock">The socket; it stays the caller's.</param>
    /// <param name="requested">What to wait for; an error is told in any case.</param>
    /// <param name="state">Comes back with every event.</param>
    /// <exception cref="ArgumentException">It is registered already.</exception>
    /// <exception cref="SockException">
    /// It has no descriptor, or the system refused; nothing has changed.
    /// </exception>
    public void Add(Sock sock, SockEvents requested, object? state = null)
    {
        ArgumentNullException.ThrowIfNull(sock);
        SockHandle? handle = sock.Handle;
        if (handle is null || !handle.TryHold())
        {
            throw Gone();
        }

        try
        {
            var registration = new Registration(sock, handle, state) { Requested = requested };
            SockResult added = TryRegister(registration, nameof(sock));
            added = added.IsError && TryRepair() ? TryRegister(registration, nameof(sock)) : added;
            added.ThrowIfError("SockPoller.Add");
            // Outside of our lock: whoever lets go of a handle holds its lock and then takes ours.
            bool isThere = handle.TryAddWaiting(this);
            if (!isThere || sock.Handle != handle || _isDisposed)
            {
                // Unless another Sock, to which it was moved meanwhile, has registered it.
                Forget(handle, registration);
                handle.RemoveWaiting(this);
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                throw Gone();
            }
        }
        finally
        {
            handle.LetGo();
        }

        Changed();
    }

    /// <summary>Changes what a socket is waited for.</summary>
    /// <param name="sock">The socket.</param>
    /// <param name="requested">What to wait for from now on.</param>
    /// <returns>False if it is not registered, or no longer.</returns>
    /// <exception cref="SockException">The system refused; nothing has changed.</exception>
    public bool Modify(Sock sock, SockEvents requested)
    {
        ArgumentNullException.ThrowIfNull(sock);
        SockResult changed = TryModify(sock, requested, out bool isThere);
        changed =
            changed.IsError && TryRepair() ? TryModify(sock, requested, out isThere) : changed;
        changed.ThrowIfError("SockPoller.Modify");
        if (isThere)
        {
            Changed();
        }

        return isThere;
    }

    /// <summary>Ends a registration. No event for it is found from now on.</summary>
    /// <param name="sock">The socket.</param>
    /// <returns>False if it is not registered, or no longer.</returns>
    public bool Remove(Sock sock)
    {
        ArgumentNullException.ThrowIfNull(sock);
        SockHandle? handle = sock.Handle;
        if (handle is null || !Forget(handle))
        {
            return false;
        }

        handle.RemoveWaiting(this);
        return true;
    }

    /// <summary>Waits until something is there for at least one socket.</summary>
    /// <param name="ready">
    /// Gets the sockets and what is there. If there are more, the next waits tell of the others:
    /// none is told again before all that were ready meanwhile have been told.
    /// </param>
    /// <param name="timeout">
    /// How long at most: zero looks and returns, <see cref="Timeout.InfiniteTimeSpan"/> waits for
    /// ever.
    /// </param>
    /// <param name="interrupt">Ends the wait at once.</param>
    /// <returns>
    /// How many entries of <paramref name="ready"/> were set, 0 at the timeout; or the code of the
    /// error: EINTR if <paramref name="interrupt"/> fired and nothing is there (so under load look
    /// at the token as well), EBADF once this is disposed.
    /// </returns>
    /// <exception cref="ArgumentException">There is no room for an event.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    /// <exception cref="InvalidOperationException">Another thread is waiting.</exception>
    public SockResult Wait(
        Span<ReadySock> ready,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        if (ready.IsEmpty)
        {
            throw new ArgumentException("There must be room for an event.", nameof(ready));
        }

        var deadline = new Deadline(timeout, TimeProvider.System);
        if (_isDisposed || Interlocked.Exchange(ref _isWaiting, 1) != 0)
        {
            return _isDisposed
                ? SockResult.Fail(NetworkError.BadHandle)
                : throw new InvalidOperationException("Another thread waits on this poller.");
        }

        try
        {
            using CancellationTokenRegistration waking = interrupt.UnsafeRegister(
                static wakeUp => ((WakeUp)wakeUp!).Signal(),
                _wakeUp
            );
            return WaitInSlices(ready, deadline, interrupt);
        }
        finally
        {
            Interlocked.Exchange(ref _isWaiting, 0);
            // Not under the wait of another thread, which closes it in our place.
            if (_isDisposed && Interlocked.Exchange(ref _isWaiting, 1) == 0)
            {
                Close();
            }
        }
    }

    /// <summary>Ends all registrations; who waits is woken. The sockets stay as they are.</summary>
    public void Dispose()
    {
        SockHandle[] handles;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            handles = [.. _byHandle.Keys];
            _byHandle.Clear();
            _byToken.Clear();
        }

        foreach (SockHandle handle in handles)
        {
            handle.RemoveWaiting(this);
        }

        if (Interlocked.Exchange(ref _isWaiting, 1) == 0)
        {
            Close();
        }
        else
        {
            _wakeUp.Signal();
        }
    }
}
