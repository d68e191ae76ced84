namespace BitcoinSock;

// Who is registered, and whom an event is for.
public sealed partial class SockPoller
{
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
            EventQueue queue = _queue;
            int sliceMs = Deadline.ToMilliseconds(deadline.Slice);
            SockResult found = queue.Wait(events, sliceMs);
            if (found.IsError && found.Error != NetworkError.Interrupted)
            {
                if (queue.IsGone(found))
                {
                    TryRepair(queue);
                    continue;
                }

                return found;
            }

            int count = Deliver(events[..Math.Max(found.Count, 0)], ready, out bool isWoken);
            // Perhaps by nobody; and perhaps nobody could.
            if (isWoken || (found.Count == 0 && sliceMs > 0))
            {
                TryRepair();
            }

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
    private int Deliver(ReadOnlySpan<QueuedEvent> events, Span<ReadySock> ready, out bool isWoken)
    {
        int count = 0;
        isWoken = false;
        lock (_gate)
        {
            foreach (QueuedEvent each in events)
            {
                if (each.Token == WakeUpToken)
                {
                    _wakeUp.Drain();
                    isWoken = true;
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

    private SockResult TryRegister(Registration registration, string name)
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
            SockResult added = Add(_queue, registration);
            if (!added.IsError)
            {
                _byHandle.Add(handle, registration);
                _byToken.Add(registration.Token, registration);
            }

            return added;
        }
    }

    private SockResult TryModify(Sock sock, SockEvents requested, out bool isThere)
    {
        lock (_gate)
        {
            Registration? found = Find(sock);
            isThere = found is not null;
            if (found is null)
            {
                return SockResult.Ok(0);
            }

            SockResult modified = _queue.Modify(found.Handle.Socket, requested, found.Token);
            found.Requested = modified.IsError ? found.Requested : requested;
            return modified;
        }
    }

    private bool Forget(SockHandle handle, Registration? only = null)
    {
        lock (_gate)
        {
            Registration? found = _byHandle.GetValueOrDefault(handle);
            if (found is null || (only is not null && only != found))
            {
                return false;
            }

            _byHandle.Remove(handle);
            _byToken.Remove(found.Token);
            // While the descriptor is still open: the number may be another's in a moment.
            _ = _queue.Remove(handle.Socket);
        }

        // A wait by poll(2) keeps a socket that is closed meanwhile from its end.
        Changed();
        return true;
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
        _ = _wakeUp.IsIntact && _queue.IsGone(AddWakeUp());
        _queue.Dispose();
        // Not given back: another thread may be about to signal it.
        _wakeUp.Dispose();
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
