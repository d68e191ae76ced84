using System.Threading.Tasks.Sources;

namespace BitcoinSock;

/// <summary>
/// One await of an event, used again and again. It ends once, by whoever takes it out of its
/// <see cref="AwaitedSocket"/>; what was awaited then goes on in a thread of the pool.
/// </summary>
/// <param name="socket">Of what.</param>
internal sealed class AwaitedEvent(AwaitedSocket socket)
    : IValueTaskSource<SockResult>,
        IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<SockResult> _core;
    private SockResult _result;
    private CancellationTokenRegistration _listening;

    /// <summary>The next one in the list that this is in.</summary>
    public AwaitedEvent? Next;

    /// <summary>Of what it is awaited.</summary>
    public SockHandle? Handle { get; private set; }

    /// <summary>What is awaited.</summary>
    public SockEvents Requested { get; private set; }

    /// <summary>When its time is up, a timestamp.</summary>
    public long Due { get; private set; } = long.MaxValue;

    /// <summary>When <see cref="AwaitTimers"/> look at it; the largest if not at all.</summary>
    public long Kept = long.MaxValue;

    public ValueTask<SockResult> Task => new(this, _core.Version);

    /// <summary>The timestamp at which a timeout has passed: never before.</summary>
    public static long DueIn(TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return long.MaxValue;
        }

        TimeProvider clock = TimeProvider.System;
        double ticks = Math.Ceiling(timeout.TotalSeconds * clock.TimestampFrequency);
        long now = clock.GetTimestamp();
        return ticks >= long.MaxValue - now ? long.MaxValue : now + (long)ticks;
    }

    public void Begin(SockHandle handle, SockEvents requested, long due) =>
        (Handle, Requested, Due) = (handle, requested, due);

    /// <summary>At last: if it has fired already, this ends at once.</summary>
    public void ListenTo(CancellationToken interrupt) =>
        _listening = interrupt.UnsafeRegister(
            static awaited => ((AwaitedEvent)awaited!).OnInterrupt(),
            this
        );

    public void OnTime(long now) => socket.OnTime(this, now);

    /// <summary>Only by who has taken it out.</summary>
    public void End(SockResult result)
    {
        _result = result;
        Handle!.LetGoAwaited();
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _core.SetResult(_result);

    SockResult IValueTaskSource<SockResult>.GetResult(short token)
    {
        SockResult result = _core.GetResult(token);
        _core.Reset(); // who asks twice is refused
        // It waits for a call of OnInterrupt that is under way: none comes for the next use.
        _listening.Dispose();
        (_listening, Handle) = (default, null);
        socket.GiveBack(this);
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<SockResult>.GetStatus(short token) =>
        _core.GetStatus(token);

    void IValueTaskSource<SockResult>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags
    ) => _core.OnCompleted(continuation, state, token, flags);

    private void OnInterrupt() => socket.OnInterrupt(this);
}
