namespace BitcoinSock;

/// <summary>
/// What a blocked wait watches beside its sockets, so that another thread can end it: a pair of
/// sockets, one of which becomes readable. An eventfd or a pipe would do on some systems; a pair
/// does on all, by poll and by select. Those not in use are kept for the next wait.
/// </summary>
internal sealed class WakeUp : IGoneObserver, IDisposable
{
    public const int IdleMax = 32;

    private static readonly Lock Gate = new();
    private static readonly Stack<WakeUp> Idle = new(IdleMax);

    private readonly Sock _watched;
    private readonly Sock _bell;
    private volatile bool _isSignalled;

    private WakeUp() => (_watched, _bell) = Sock.CreatePair();

    public CSocket Socket => _watched.Get();

    /// <summary>
    /// One to watch. Null if the process has no descriptor left for it, or only ones too large for
    /// select(2): then whoever waits looks round after each slice of the wait.
    /// </summary>
    public static WakeUp? TryRent(WaitMechanism mechanism)
    {
        WakeUp wakeUp;
        try
        {
            wakeUp = Rent();
        }
        catch (SockException)
        {
            return null;
        }

        if (mechanism == WaitMechanism.Poll || Platform.Current.IsSelectable(wakeUp.Socket))
        {
            return wakeUp;
        }

        wakeUp.Dispose();
        return null;
    }

    /// <summary>One to watch.</summary>
    /// <exception cref="SockException">The process has no descriptor left for it.</exception>
    public static WakeUp Rent()
    {
        lock (Gate)
        {
            if (Idle.TryPop(out WakeUp? idle))
            {
                return idle;
            }
        }

        return new WakeUp();
    }

    /// <summary>Wakes. May be called more than once, from any thread.</summary>
    public void Signal()
    {
        _isSignalled = true;
        // Full is as good as sent. Should another error lose it, a wait is at most a slice long.
        while (
            _bell.Send([1], SockFlags.NoSignal | SockFlags.DontWait).Error
            == NetworkError.Interrupted
        ) { }
    }

    void IGoneObserver.OnGone(SockHandle handle) => Signal();

    /// <summary>Takes back what was signalled before.</summary>
    public void Drain()
    {
        Span<byte> signals = stackalloc byte[16];
        while (_watched.Recv(signals, SockFlags.DontWait).Count > 0) { }
    }

    /// <summary>
    /// Gives it back, when nobody can signal it any more. One that was signalled is not kept:
    /// should taking the signals back fail, every later wait with it would spin.
    /// </summary>
    public void Return()
    {
        lock (Gate)
        {
            if (!_isSignalled && Idle.Count < IdleMax)
            {
                Idle.Push(this);
                return;
            }
        }

        Dispose();
    }

    public void Dispose()
    {
        _watched.Dispose();
        _bell.Dispose();
    }
}
