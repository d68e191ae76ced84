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

    // Thousands of these are idle: the lists have no memory of their own, nor has the lock, which
    // is this.
    private AwaitedEvent? _awaited;
    private AwaitedEvent? _idle;

    // An event that the system has told may be of a descriptor that has gone since.
    private uint _generation;

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
        lock (this)
        {
            awaited = _idle ?? new AwaitedEvent(this);
            _idle = awaited.Next;
            awaited.Begin(handle, requested, due);
            awaited.Next = _awaited;
            _awaited = awaited;
            armed = Arm();
        }

        // Whoever lets go says so first, and then tells: this looks the other way round.
        bool isThere = !handle.IsGone && sock.Handle == handle;
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
        awaited.ListenTo(interrupt);
        return awaited.Task;
    }

    /// <summary>Something is there: for whom, is collected.</summary>
    public void OnEvents(QueuedEvent told, List<AwaitedEvent> ended)
    {
        lock (this)
        {
            if (told.Token != Token)
            {
                return;
            }

            ref AwaitedEvent? at = ref _awaited;
            while (at is AwaitedEvent each)
            {
                if ((told.Occurred & (each.Requested | SockEvents.Error)) != SockEvents.None)
                {
                    ended.Add(each);
                    at = each.Next;
                }
                else
                {
                    at = ref each.Next;
                }
            }

            ArmAnew();
        }
    }

    /// <summary>Has those who still wait told; the system has forgotten them.</summary>
    public void ArmAnew()
    {
        lock (this)
        {
            if (_awaited is not null)
            {
                _ = Arm();
            }
        }
    }

    /// <summary>The time may be up.</summary>
    public void OnTime(AwaitedEvent awaited, long now)
    {
        long due;
        lock (this)
        {
            due = Find(awaited) is null ? long.MaxValue : awaited.Due;
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

    /// <summary>The descriptor goes, and is still open.</summary>
    public void OnGone(SockHandle handle)
    {
        while (TryTakeOutOf(handle) is AwaitedEvent awaited)
        {
            awaited.End(Gone);
        }
    }

    /// <summary>One is not used any more.</summary>
    public void GiveBack(AwaitedEvent idle)
    {
        lock (this)
        {
            idle.Next = _idle;
            _idle = idle;
        }
    }

    private ulong Token => (uint)socket.Value | ((ulong)_generation << 32);

    private void TryEnd(AwaitedEvent awaited, SockResult result)
    {
        if (TryTakeOut(awaited))
        {
            awaited.End(result);
        }
    }

    private bool TryTakeOut(AwaitedEvent awaited)
    {
        lock (this)
        {
            return TakeOut(ref Find(awaited)) is not null;
        }
    }

    // What refers to it in the list; to nothing if it is not there.
    private ref AwaitedEvent? Find(AwaitedEvent awaited)
    {
        ref AwaitedEvent? at = ref _awaited;
        while (at is not null && at != awaited)
        {
            at = ref at.Next;
        }

        return ref at;
    }

    private AwaitedEvent? TryTakeOutOf(SockHandle handle)
    {
        lock (this)
        {
            ref AwaitedEvent? at = ref _awaited;
            while (at is not null && at.Handle != handle)
            {
                at = ref at.Next;
            }

            return TakeOut(ref at);
        }
    }

    private AwaitedEvent? TakeOut(ref AwaitedEvent? at)
    {
        AwaitedEvent? taken = at;
        at = taken?.Next;
        if (taken is not null && _awaited is null)
        {
            reactor.Disarm(socket);
            _generation++;
        }

        return taken;
    }

    private SockResult Arm()
    {
        var all = SockEvents.None;
        for (AwaitedEvent? each = _awaited; each is not null; each = each.Next)
        {
            all |= each.Requested;
        }

        return reactor.Arm(socket, all, Token);
    }
}
