namespace BitcoinSock;

/// <summary>
/// What awaits of all sockets share: one thread, started by the first of them, waits for all, by
/// epoll(7) where there is one. It runs nobody's code: what was awaited goes on in the pool's
/// threads.
/// </summary>
/// <remarks>
/// Each await arms its socket for one event, which the system tells at once if it is there already:
/// no edge can be missed. Deadlines are kept here as well, so that an await that waits costs
/// nothing until something happens.
/// </remarks>
internal sealed class Reactor
{
    private const int EventsMax = 256;
    private const ulong WakeUpToken = ulong.MaxValue;

    // Without a wake-up, for which the process had no descriptor, the thread looks round so often.
    private const int MuteSliceMs = 16;

    private static readonly TimeProvider Clock = TimeProvider.System;
    private static readonly Reactor?[] Made = new Reactor?[2];

    private readonly WaitMechanism _mechanism;
    private readonly AwaitedSockets _sockets;
    private readonly AwaitTimers _timers = new();
    private readonly WakeUp _wakeUp;
    private volatile EventQueue _queue;
    private volatile bool _isSuperfluous; // two were made at once, and this is the second
    private long _wakesAt; // a timestamp, of when the thread looks at the timers by itself

    private Reactor(WaitMechanism mechanism)
    {
        _mechanism = mechanism;
        _sockets = new AwaitedSockets(this);
        _wakeUp = WakeUp.TryRent(mechanism) ?? WakeUp.CreateMute();
        _queue = ListQueue.BestFor(mechanism);
    }

    /// <summary>Awaits one of the requested events.</summary>
    /// <param name="mechanism">By what to wait, where there is no better.</param>
    /// <param name="sock">The socket.</param>
    /// <param name="handle">Its descriptor, which the caller has just seen.</param>
    /// <param name="timeout">How long at most, more than nothing.</param>
    /// <param name="requested">What to wait for.</param>
    /// <param name="interrupt">Ends it at once.</param>
    public static ValueTask<SockResult> WaitAsync(
        WaitMechanism mechanism,
        Sock sock,
        SockHandle handle,
        TimeSpan timeout,
        SockEvents requested,
        CancellationToken interrupt
    )
    {
        Reactor? reactor = Volatile.Read(ref Made[(int)mechanism]) ?? TryMake(mechanism);
        if (reactor is null)
        {
            return new(SockResult.Fail(System.Net.Sockets.SocketError.TooManyOpenSockets));
        }

        AwaitedSocket socket =
            handle.AwaitedBy(mechanism)
            ?? handle.Await(mechanism, reactor._sockets.GetOrAdd(handle.Socket.Value));
        // Until it is known who waits: or the number might be another's by then.
        if (!handle.TryHold())
        {
            return new(SockResult.Fail(NetworkError.BadHandle));
        }

        try
        {
            return handle.TryHoldAwaited()
                ? socket.WaitAsync(sock, handle, timeout, requested, interrupt)
                : new(SockResult.Fail(NetworkError.BadHandle));
        }
        finally
        {
            handle.LetGo();
        }
    }

    /// <summary>Has the system tell of a socket, once.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="requested">What of.</param>
    /// <param name="token">Its number, and above that what tells it from another of that.</param>
    public SockResult Arm(CSocket socket, SockEvents requested, ulong token)
    {
        SockResult armed = _queue.Arm(socket, requested, token);
        if (armed.IsError || _queue.IsSnapshot)
        {
            // A queue that somebody else has closed is found out by waiting on it.
            _wakeUp.Signal();
        }

        return armed;
    }

    /// <summary>Takes a socket out, whose descriptor goes.</summary>
    public void Disarm(CSocket socket)
    {
        _ = _queue.Remove(socket);
        if (_queue.IsSnapshot)
        {
            _wakeUp.Signal();
        }
    }

    /// <summary>Sees to it that an await is told when its time is up.</summary>
    public void KeepTime(AwaitedEvent awaited, long due)
    {
        if (due != long.MaxValue && _timers.Keep(awaited, due) && due < Volatile.Read(ref _wakesAt))
        {
            _wakeUp.Signal();
        }
    }

    /// <summary>Whether arming may have failed because of the queue, not of the socket.</summary>
    public static bool IsOfQueue(SockResult armed) =>
        armed.Error == NetworkError.BadHandle || armed.Error == NetworkError.InvalidArgument;

    // Not within a lock: making a descriptor tells listeners, who may use socks. And not before it
    // has its thread: whoever awaits by it would wait for ever.
    private static Reactor? TryMake(WaitMechanism mechanism)
    {
        var made = new Reactor(mechanism);
        try
        {
            var thread = new Thread(made.Run)
            {
                IsBackground = true,
                Name = $"{nameof(BitcoinSock)}.{nameof(Reactor)}",
            };
            thread.UnsafeStart();
        }
        catch (Exception)
        {
            made.Close(); // the system has no thread left, or no descriptor for one
            return null;
        }

        if (Interlocked.CompareExchange(ref Made[(int)mechanism], made, null) is not Reactor other)
        {
            return made;
        }

        made._isSuperfluous = true;
        made._wakeUp.Signal();
        return other;
    }

    private void Run()
    {
        var events = new QueuedEvent[EventsMax];
        var some = new List<AwaitedEvent>();
        WatchWakeUp();
        while (!_isSuperfluous)
        {
            EventQueue queue = _queue;
            SockResult found = queue.Wait(events, SliceMs());
            if (found.IsError && queue.IsGone(found))
            {
                Repair();
            }

            bool isQuiet = found.Count <= 0;
            for (int i = 0; i < found.Count; i++)
            {
                if (events[i].Token == WakeUpToken)
                {
                    _wakeUp.Drain();
                    WatchWakeUp();
                }
                else if (_sockets.Find((nint)(uint)events[i].Token) is AwaitedSocket socket)
                {
                    socket.OnEvents(events[i], some);
                    foreach (AwaitedEvent each in some)
                    {
                        each.End(SockResult.Ok(1));
                    }

                    some.Clear();
                }
            }

            if (isQuiet && !_wakeUp.IsIntact)
            {
                // Somebody has closed what is not his, or there was none to be had.
                _wakeUp.TryRenew(_mechanism);
                WatchWakeUp();
            }

            long now = Clock.GetTimestamp();
            _timers.TakeDue(now, some);
            foreach (AwaitedEvent each in some)
            {
                each.OnTime(now);
            }

            some.Clear();
            if (!isQuiet)
            {
                // Who goes on brings the next events about: after his turn one wait finds many.
                Thread.Yield();
            }
        }

        Close();
    }

    private void Close()
    {
        _queue.Dispose();
        _wakeUp.Dispose();
    }

    // Until the next deadline, but no longer than a wait of anybody's: should a wake-up get lost.
    private int SliceMs()
    {
        long now = Clock.GetTimestamp();
        int most = _wakeUp.Socket.IsInvalid
            ? MuteSliceMs
            : Deadline.ToMilliseconds(Sock.MaxWaitForIo);
        // Whoever sets a deadline from here on wakes by it, or is seen by this.
        Interlocked.Exchange(ref _wakesAt, long.MaxValue);
        long next = _timers.Next;
        int ms = next <= now ? 0 : most;
        if (next > now && next != long.MaxValue)
        {
            ms = Math.Min(ms, Deadline.ToMilliseconds(Clock.GetElapsedTime(now, next)));
        }

        Volatile.Write(ref _wakesAt, now + ms * Clock.TimestampFrequency / 1000);
        return ms;
    }

    private void WatchWakeUp()
    {
        CSocket socket = _wakeUp.Socket;
        if (!socket.IsInvalid)
        {
            _ = _queue.Arm(socket, SockEvents.Recv, WakeUpToken);
        }
    }

    // The queue was closed by somebody who closes descriptors that are not his.
    private void Repair()
    {
        _queue = ListQueue.BestFor(_mechanism);
        WatchWakeUp();
        foreach (AwaitedSocket each in _sockets.All())
        {
            each.ArmAnew();
        }
    }
}
