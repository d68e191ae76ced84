namespace BitcoinSock;

/// <summary>
/// What a blocked wait watches beside its sockets, so that another thread can end it: a pair of
/// sockets, one of which becomes readable. An eventfd or a pipe would do on some systems; a pair
/// does on all, by poll and by select. Those not in use are kept for the next wait.
/// </summary>
/// <remarks>
/// Programs do close descriptors that are not theirs. So whoever is woken by nobody, or by nothing
/// for a while, asks for another pair; and a number that is somebody else's by now is neither
/// written to nor closed.
/// </remarks>
internal sealed class WakeUp : IGoneObserver, IDisposable
{
    public const int IdleMax = 32;

    private static readonly Lock Gate = new();
    private static readonly Stack<WakeUp> Idle = new(IdleMax);

    private Ends? _ends;
    private volatile bool _isSignalled;

    private WakeUp(Ends? ends) => _ends = ends;

    /// <summary>What to watch; <see cref="CSocket.Invalid"/> if there is nothing.</summary>
    public CSocket Socket => Volatile.Read(ref _ends)?.Watched.Get() ?? CSocket.Invalid;

    /// <summary>Whether somebody has woken by it.</summary>
    public bool IsSignalled => _isSignalled;

    /// <summary>Whether there is something to watch, and nobody else has closed it.</summary>
    public bool IsIntact => Volatile.Read(ref _ends)?.AreIntact ?? false;

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

        if (CanWatch(mechanism, wakeUp.Socket))
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

        return new WakeUp(new Ends());
    }

    /// <summary>One with nothing to watch, yet.</summary>
    public static WakeUp CreateMute() => new(null);

    /// <summary>
    /// Gets another pair; what was signalled wakes by that. False if there is none to be had, and
    /// then there is nothing to watch.
    /// </summary>
    public bool TryRenew(WaitMechanism mechanism)
    {
        Ends? ends = null;
        try
        {
            ends = new Ends();
        }
        catch (SockException)
        {
            // As when there was none at first.
        }

        if (ends is not null && !CanWatch(mechanism, ends.Watched.Get()))
        {
            ends.Dispose();
            ends = null;
        }

        Interlocked.Exchange(ref _ends, ends)?.Dispose();
        if (_isSignalled)
        {
            ends?.Ring();
        }

        return ends is not null;
    }

    /// <summary>Wakes. May be called more than once, from any thread.</summary>
    public void Signal()
    {
        _isSignalled = true;
        // After that: whoever renews does these two the other way round.
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _ends)?.Ring();
    }

    void IGoneObserver.OnGone(SockHandle handle) => Signal();

    /// <summary>Takes back what was signalled before.</summary>
    public void Drain() => Volatile.Read(ref _ends)?.Drain();

    /// <summary>
    /// Gives it back, when nobody can signal it any more. One that was signalled is not kept:
    /// should taking the signals back fail, every later wait with it would spin.
    /// </summary>
    public void Return()
    {
        lock (Gate)
        {
            if (!_isSignalled && _ends is not null && Idle.Count < IdleMax)
            {
                Idle.Push(this);
                return;
            }
        }

        Dispose();
    }

    public void Dispose() => Interlocked.Exchange(ref _ends, null)?.Dispose();

    private static bool CanWatch(WaitMechanism mechanism, CSocket socket) =>
        mechanism == WaitMechanism.Poll || Platform.Current.IsSelectable(socket);

    /// <summary>Two ends, and by what each is known again.</summary>
    private sealed class Ends : IDisposable
    {
        private readonly Sock _bell;
        private readonly long _watchedIdentity;
        private readonly long _bellIdentity;

        /// <exception cref="SockException">The process has no descriptor left for it.</exception>
        public Ends()
        {
            (Watched, _bell) = Sock.CreatePair();
            _watchedIdentity = Platform.Current.Identify(Watched.Get());
            _bellIdentity = Platform.Current.Identify(_bell.Get());
        }

        public Sock Watched { get; }

        public bool AreIntact => Is(Watched, _watchedIdentity) && Is(_bell, _bellIdentity);

        public void Ring()
        {
            // Full is as good as sent. Should another error lose it, a wait is at most a slice
            // long.
            while (
                Is(_bell, _bellIdentity)
                && _bell.Send([1], SockFlags.NoSignal | SockFlags.DontWait).Error
                    == NetworkError.Interrupted
            ) { }
        }

        public void Drain()
        {
            Span<byte> signals = stackalloc byte[16];
            while (
                Is(Watched, _watchedIdentity) && Watched.Recv(signals, SockFlags.DontWait).Count > 0
            ) { }
        }

        public void Dispose()
        {
            Close(Watched, _watchedIdentity);
            Close(_bell, _bellIdentity);
        }

        private static bool Is(Sock sock, long identity) =>
            Platform.Current.Identify(sock.Get()) == identity;

        private static void Close(Sock sock, long identity)
        {
            if (!Is(sock, identity))
            {
                sock.Release(); // it is somebody else's, or nobody's
            }

            sock.Dispose();
        }
    }
}
