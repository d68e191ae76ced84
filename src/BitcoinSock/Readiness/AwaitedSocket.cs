namespace BitcoinSock;

/// <summary>
/// Who awaits something of one descriptor. There is one of these for each number; numbers come
/// again when a descriptor is closed, and so they stay.
/// </summary>
/// <param name="reactor">Who watches it.</param>
/// <param name="socket">The descriptor.</param>
internal sealed class AwaitedSocket(Reactor reactor, CSocket socket)
{
    private static readonly SockResult Gone = SockResult.Fail(NetworkError.BadHandle);

    private readonly Lock _gate = new();
    private readonly List<AwaitedEvent> _awaited = [];
    private readonly Stack<AwaitedEvent> _idle = [];

    // An event that the system has told may be of a descriptor that has gone since.
    private uint _generation;

    public bool IsOf(Reactor other) => reactor == other;

    /// <inheritdoc cref="Reactor.WaitAsync"/>
    public ValueTask<SockResult> WaitAsync(
        Sock sock,
        SockHandle handle,
        TimeSpan timeout,
        SockEvents requested,
        CancellationToken interrupt
    )
    {
        long due = AwaitedEvent.DueIn(timeout);
        AwaitedEvent awaited;
        SockResult armed;
        lock (_gate)
        {
            awaited = _idle.TryPop(out AwaitedEvent? idle) ? idle : new AwaitedEvent(this);
            awaited.Begin(handle, requested, due, interrupt);
            _awaited.Add(awaited);
            armed = Arm();
        }

        // Whoever lets go says so first, and then tells: this looks the other way round.
        bool isThere = handle.TryAddWaiting(awaited) && sock.Handle == handle;
        if (!isThere)
        {
            TryEnd(awaited, Gone);
        }
        else if (armed.IsError)
        {
            // If it is not the socket that is bad the queue is, and whoever replaces that arms all.
            SockResult looked = Reactor.IsOfQueue(armed)
                ? sock.Wait(TimeSpan.Zero, requested, out _, CancellationToken.None)
                : armed;
            if (looked != SockResult.Ok(0))
            {
                TryEnd(awaited, looked);
            }
        }

        reactor.KeepTime(awaited, due);
        awaited.ListenToInterrupt();
        return awaited.Task;
    }

    /// <summary>Something is there: for whom, is collected.</summary>
    public void OnEvents(QueuedEvent told, List<AwaitedEvent> ended)
    {
        lock (_gate)
        {
            if (told.Token != Token)
            {
                return;
            }

            foreach (AwaitedEvent each in _awaited)
            {
                if ((told.Occurred & (each.Requested | SockEvents.Error)) != SockEvents.None)
                {
                    ended.Add(each);
                }
            }

            foreach (AwaitedEvent each in ended)
            {
                _awaited.Remove(each);
            }

            ArmAnew();
        }
    }

    /// <summary>Has those who still wait told; the system has forgotten them.</summary>
    public void ArmAnew()
    {
        lock (_gate)
        {
            if (_awaited.Count > 0)
            {
                _ = Arm();
            }
        }
    }

    /// <summary>The time may be up.</summary>
    public void OnTime(AwaitedEvent awaited, long now)
    {
        long due;
        lock (_gate)
        {
            due = _awaited.Contains(awaited) ? awaited.Due : long.MaxValue;
        }

        if (due <= now)
        {
            TryEnd(awaited, SockResult.Ok(0));
        }
        else
        {
            reactor.KeepTime(awaited, due);
        }
    }

    /// <summary>The interrupt of this one may have fired.</summary>
    public void OnInterrupt(AwaitedEvent awaited) =>
        TryEnd(awaited, SockResult.Fail(NetworkError.Interrupted));

    /// <summary>The descriptor goes; its handle's lock is held.</summary>
    public void OnGone(AwaitedEvent awaited)
    {
        if (TryTakeOut(awaited))
        {
            awaited.End(Gone);
        }
    }

    /// <summary>One is not used any more.</summary>
    public void GiveBack(AwaitedEvent idle)
    {
        lock (_gate)
        {
            _idle.Push(idle);
        }
    }

    private ulong Token => (uint)socket.Value | ((ulong)_generation << 32);

    private void TryEnd(AwaitedEvent awaited, SockResult result)
    {
        if (TryTakeOut(awaited))
        {
            awaited.Forget();
            awaited.End(result);
        }
    }

    private bool TryTakeOut(AwaitedEvent awaited)
    {
        lock (_gate)
        {
            bool isIn = _awaited.Remove(awaited);
            if (isIn && _awaited.Count == 0)
            {
                reactor.Disarm(socket);
                _generation++;
            }

            return isIn;
        }
    }

    private SockResult Arm()
    {
        var all = SockEvents.None;
        foreach (AwaitedEvent each in _awaited)
        {
            all |= each.Requested;
        }

        return reactor.Arm(socket, all, Token);
    }
}
