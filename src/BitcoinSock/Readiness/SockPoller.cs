namespace BitcoinSock;

/// <summary>
/// Waits for many sockets at a cost that does not grow with the idle ones, where the system has
/// such a thing: epoll(7) on Linux. Elsewhere, or where asked, by poll(2) or select(2). It is
/// level-triggered: what is not dealt with is told again.
/// </summary>
/// <remarks>
/// One thread waits; any thread may add, modify and remove meanwhile. What is registered is the
/// descriptor: its registration ends when it is closed or released, and then it yields no event,
/// not for another socket of the same number either.
/// </remarks>
public sealed class SockPoller : IGoneObserver, IDisposable
{
    private const int EventsMax = 1024;
    private const ulong WakeUpToken = 0;

    private readonly Lock _gate = new();
    private readonly Dictionary<SockHandle, Registration> _byHandle = [];
    private readonly Dictionary<ulong, Registration> _byToken = [];
    private readonly WakeUp _wakeUp;
    private readonly EventQueue _queue;
    private ulong _lastToken = WakeUpToken;
    private QueuedEvent[] _events = [];
    private int _isWaiting;
    private volatile bool _isDisposed;
    private int _isClosed;

    /// <summary>By the best way that this system has.</summary>
    /// <exception cref="SockException">The system has no descriptor left for it.</exception>
    public SockPoller()
        : this(Platform.Current.CreateEventQueue() ?? new ListQueue(WaitMechanism.Poll)) { }

    /// <summary>By a wait for all sockets, each time: costly with many.</summary>
    /// <param name="mechanism">
    /// By which call. select(2) can hold descriptors below FD_SETSIZE; with a larger one every wait
    /// is EINVAL.
    /// </param>
    /// <exception cref="SockException">The system has no descriptor left for it.</exception>
    public SockPoller(WaitMechanism mechanism)
        : this(new ListQueue(mechanism)) { }

    private SockPoller(EventQueue queue)
    {
        _queue = queue;
        _wakeUp = WakeUp.Rent();
        _queue.Add(_wakeUp.Socket, SockEvents.Recv, WakeUpToken).ThrowIfError("SockPoller");
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
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        SockHandle? handle = sock.Handle;
        if (handle is null || !handle.TryHold())
        {
            throw Gone();
        }

        try
        {
            Register(new Registration(sock, handle, state) { Requested = requested }, nameof(sock));
            // Outside of our lock: whoever lets go of a handle holds its lock and then takes ours.
            if (!handle.TryAddWaiting(this))
            {
                Forget(handle);
                throw Gone();
            }
        }
        finally
        {
            handle.DangerousRelease();
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
        lock (_gate)
        {
            if (Find(sock) is not Registration found)
            {
                return false;
            }

            _queue
                .Modify(found.Handle.Socket, requested, found.Token)
                .ThrowIfError("SockPoller.Modify");
            found.Requested = requested;
        }

        Changed();
        return true;
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
    /// Gets the sockets and what is there; if there are more, the next wait tells of the others.
    /// </param>
    /// <param name="timeout">
    /// How long at most: zero looks and returns, <see cref="Timeout.InfiniteTimeSpan"/> waits for
    /// ever.
    /// </param>
    /// <param name="interrupt">Ends the wait at once.</param>
    /// <returns>
    /// How many entries of <paramref name="ready"/> were set, 0 at the timeout; or the code of the
    /// error: EINTR if <paramref name="interrupt"/> fired first, EBADF once this is disposed.
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
        if (!_isDisposed && Interlocked.Exchange(ref _isWaiting, 1) != 0)
        {
            throw new InvalidOperationException("Another thread waits on this poller.");
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
            if (_isDisposed)
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

    void IGoneObserver.OnGone(SockHandle handle) => Forget(handle);

    private SockResult WaitInSlices(
        Span<ReadySock> ready,
        Deadline deadline,
        CancellationToken interrupt
    )
    {
        // No more than there is room for: the system thinks that it has told of what it returns.
        int most = Math.Min(ready.Length, EventsMax);
        if (_events.Length < most)
        {
            _events = new QueuedEvent[most];
        }

        Span<QueuedEvent> events = _events.AsSpan(0, most);
        while (!_isDisposed)
        {
            TimeSpan slice = interrupt.IsCancellationRequested ? TimeSpan.Zero : deadline.Slice;
            SockResult found = _queue.Wait(events, Deadline.ToMilliseconds(slice));
            if (found.IsError && found.Error != NetworkError.Interrupted)
            {
                return found;
            }

            int count = Deliver(events[..Math.Max(found.Count, 0)], ready);
            if (count > 0)
            {
                return SockResult.Ok(count);
            }

            if (interrupt.IsCancellationRequested)
            {
                return SockResult.Fail(NetworkError.Interrupted);
            }

            if (deadline.HasPassed)
            {
                return SockResult.Ok(0);
            }
        }

        return SockResult.Fail(NetworkError.BadHandle);
    }

    // Between the system's answer and ours a registration may have ended.
    private int Deliver(ReadOnlySpan<QueuedEvent> events, Span<ReadySock> ready)
    {
        int count = 0;
        lock (_gate)
        {
            foreach (QueuedEvent each in events)
            {
                if (each.Token == WakeUpToken)
                {
                    _wakeUp.Drain();
                }
                else if (
                    _byToken.TryGetValue(each.Token, out Registration? found)
                    && (each.Occurred & (found.Requested | SockEvents.Error)) is var occurred
                    && occurred != SockEvents.None
                )
                {
                    ready[count++] = new ReadySock(found.Sock, occurred, found.State);
                }
            }
        }

        return count;
    }

    private void Register(Registration registration, string name)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            SockHandle handle = registration.Handle;
            if (_byHandle.ContainsKey(handle))
            {
                throw new ArgumentException("The socket is registered already.", name);
            }

            registration.Token = ++_lastToken;
            _queue
                .Add(handle.Socket, registration.Requested, registration.Token)
                .ThrowIfError("SockPoller.Add");
            _byHandle.Add(handle, registration);
            _byToken.Add(registration.Token, registration);
        }
    }

    private bool Forget(SockHandle handle)
    {
        lock (_gate)
        {
            if (!_byHandle.Remove(handle, out Registration? found))
            {
                return false;
            }

            _byToken.Remove(found.Token);
            // While the descriptor is still open: the number may be another's in a moment.
            _ = _queue.Remove(handle.Socket);
            return true;
        }
    }

    private Registration? Find(Sock sock) =>
        sock.Handle is SockHandle handle ? _byHandle.GetValueOrDefault(handle) : null;

    private void Changed()
    {
        if (_queue.IsSnapshot && Volatile.Read(ref _isWaiting) != 0)
        {
            _wakeUp.Signal();
        }
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            _queue.Dispose();
            // Not given back: another thread may be about to signal it.
            _wakeUp.Dispose();
        }
    }

    private static SockException Gone() =>
        new(
            $"SockPoller: {NetworkError.NetworkErrorString(NetworkError.BadHandle)}",
            SockOutcome.Failed(NetworkError.BadHandle)
        );

    private sealed class Registration(Sock sock, SockHandle handle, object? state)
    {
        public Sock Sock { get; } = sock;

        public SockHandle Handle { get; } = handle;

        public object? State { get; } = state;

        public ulong Token { get; set; }

        public SockEvents Requested { get; set; }
    }
}
