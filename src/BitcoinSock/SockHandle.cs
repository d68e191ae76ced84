using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BitcoinSock;

/// <summary>Who wants to know that a descriptor goes, or goes to another Sock.</summary>
internal interface IGoneObserver
{
    /// <summary>Called once, the descriptor still open and the handle's lock held.</summary>
    void OnGone(SockHandle handle);
}

/// <summary>
/// One descriptor and its only close. The system's call holds it, so that a close in one thread
/// cannot hand a recycled descriptor to a call in another; those who wait on it are woken when it
/// goes.
/// </summary>
internal class SockHandle : SafeHandleMinusOneIsInvalid
{
    private readonly Lock _gate = new();
    private readonly List<IGoneObserver> _waiting = [];
    private CancellationTokenSource? _gone;
    private AwaitedSocket? _awaitedByPoll;
    private AwaitedSocket? _awaitedBySelect;
    private volatile bool _nonBlocking;
    private volatile bool _isGone;
    private bool _isForgotten;

    /// <summary>An owner of nothing yet.</summary>
    public SockHandle()
        : base(ownsHandle: true) => FirstUse.Begin();

    public CSocket Socket => new(handle);

    /// <inheritdoc cref="IMayHaveMessages.HasMessages"/>
    public bool HasMessages { get; init; }

    /// <summary>
    /// Whether it was let go, though calls that began before may still hold it open (unlike
    /// <see cref="SafeHandle.IsClosed"/>, which only then turns true).
    /// </summary>
    public bool IsGone => _isGone;

    /// <summary>Who awaits something of this descriptor, once somebody has.</summary>
    public AwaitedSocket? AwaitedBy(WaitMechanism mechanism) =>
        mechanism == WaitMechanism.Poll
            ? Volatile.Read(ref _awaitedByPoll)
            : Volatile.Read(ref _awaitedBySelect);

    /// <summary>From now on it is told when the descriptor goes.</summary>
    public AwaitedSocket Await(WaitMechanism mechanism, AwaitedSocket awaited)
    {
        // Whoever lets go says so first, and then looks here, within the same lock.
        lock (_gate)
        {
            return mechanism == WaitMechanism.Poll
                ? _awaitedByPoll = awaited
                : _awaitedBySelect = awaited;
        }
    }

    /// <summary>Fires when the descriptor goes, or goes to another Sock.</summary>
    public CancellationToken Gone
    {
        get
        {
            CancellationTokenSource gone;
            lock (_gate)
            {
                gone = _gone ??= new CancellationTokenSource();
            }

            if (_isGone)
            {
                gone.Cancel();
            }

            return gone.Token;
        }
    }

    /// <summary>
    /// Keeps the descriptor from being closed until <see cref="LetGo"/>.
    /// </summary>
    public virtual bool TryHold()
    {
        bool held = false;
        try
        {
            if (!_isGone)
            {
                DangerousAddRef(ref held);
            }
        }
        catch (ObjectDisposedException)
        {
            // Another thread closed it just now: the caller finds a bad handle, as he would have
            // later.
        }

        return held;
    }

    /// <summary>Ends a <see cref="TryHold"/>.</summary>
    public virtual void LetGo() => DangerousRelease();

    /// <summary>
    /// What <see cref="TryHold"/> is to a call, to an await: which needs nothing, if it is told
    /// before the descriptor is closed.
    /// </summary>
    public virtual bool TryHoldAwaited() => true;

    /// <summary>Ends a <see cref="TryHoldAwaited"/>.</summary>
    public virtual void LetGoAwaited() { }

    /// <summary>
    /// Takes a descriptor, once. It cannot fail: whoever makes a descriptor makes its owner first,
    /// and so nothing throws between the two.
    /// </summary>
    /// <returns>This.</returns>
    public SockHandle Take(CSocket socket)
    {
        SetHandle(socket.Value);
        Telemetry.Opened();
        return this;
    }

    /// <summary>Gives the descriptor up, open.</summary>
    public CSocket Release()
    {
        _isGone = true;
        TellWaiting();
        Telemetry.GivenUp();
        SetHandleAsInvalid();
        return Socket;
    }

    /// <summary>Asks to be woken when the descriptor goes. False if it has gone.</summary>
    public bool TryAddWaiting(IGoneObserver waiting)
    {
        lock (_gate)
        {
            _waiting.Add(waiting);
        }

        // After adding: whoever lets go says so first and wakes then.
        return !_isGone;
    }

    public void RemoveWaiting(IGoneObserver waiting)
    {
        lock (_gate)
        {
            _waiting.Remove(waiting);
        }
    }

    /// <summary>As who is written for a socket of the base library wants it.</summary>
    public void SetBlocking()
    {
        _nonBlocking = false;
        _ = Platform.Current.SetNonBlocking(Socket, false);
    }

    /// <summary>Where no call can be told not to block, the handle must be.</summary>
    public void EnsureNonBlocking()
    {
        if (!_nonBlocking)
        {
            _nonBlocking = !Platform.Current.SetNonBlocking(Socket, true).IsError;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _isGone = true;
        _isForgotten = !disposing;
        if (disposing)
        {
            // Before the close: the number may be another's right behind it.
            TellWaiting();
        }

        base.Dispose(disposing);
    }

    protected override bool ReleaseHandle()
    {
        // A close that fails does not replace the error that made its caller close, nor does
        // whoever listens: SafeHandle sees to it.
        SockResult closed = Platform.Current.Close(Socket);
        Telemetry.Closed(handle, closed.Error, _isForgotten);
        return !closed.IsError;
    }

    /// <summary>Tells those who wait, and no more than once.</summary>
    public void TellWaiting()
    {
        CancellationTokenSource? gone;
        AwaitedSocket? byPoll;
        AwaitedSocket? bySelect;
        lock (_gate)
        {
            (byPoll, bySelect) = (_awaitedByPoll, _awaitedBySelect);
            foreach (IGoneObserver waiting in _waiting)
            {
                waiting.OnGone(this);
            }

            _waiting.Clear();
            gone = _gone;
            _gone = null;
        }

        byPoll?.OnGone(this);
        bySelect?.OnGone(this);
        gone?.Cancel();
    }
}
