namespace BitcoinSock;

/// <summary>
/// An event queue of a list that is waited for as a whole, by poll(2) or select(2): what every
/// system has.
/// </summary>
internal sealed class ListQueue(WaitMechanism mechanism) : EventQueue
{
    private readonly Lock _gate = new();
    private readonly Dictionary<CSocket, (SockEvents Requested, ulong Token)> _watched = [];
    private bool _isChanged;

    // What the wait under way is for: entries and, beside them, their tokens.
    private PollEntry[] _entries = [];
    private ulong[] _tokens = [];
    private int _count;
    private int _first;

    public override bool IsSnapshot => true;

    public override SockResult Add(CSocket socket, SockEvents requested, ulong token)
    {
        // What is no socket is refused, as epoll(7) does.
        var entry = new PollEntry(socket, SockEvents.None);
        SockResult found = Platform.Current.Wait(WaitMechanism.Poll, new(ref entry), 0);
        if (found.IsError && found.Error == NetworkError.BadHandle)
        {
            return found;
        }

        lock (_gate)
        {
            _isChanged = true;
            return _watched.TryAdd(socket, (requested, token))
                ? SockResult.Ok(0)
                : SockResult.Fail(NetworkError.InvalidArgument);
        }
    }

    public override SockResult Modify(CSocket socket, SockEvents requested, ulong token)
    {
        lock (_gate)
        {
            _isChanged = true;
            _watched[socket] = (requested, token);
            return SockResult.Ok(0);
        }
    }

    public override SockResult Remove(CSocket socket)
    {
        lock (_gate)
        {
            _isChanged = true;
            _watched.Remove(socket);
            return SockResult.Ok(0);
        }
    }

    public override SockResult Wait(Span<QueuedEvent> events, int timeoutMs)
    {
        TakeSnapshot();
        Span<PollEntry> entries = _entries.AsSpan(0, _count);
        SockResult result = Platform.Current.Wait(mechanism, entries, timeoutMs);
        // A descriptor that was closed meanwhile is not registered any more.
        if (result.IsError && result.Error != NetworkError.BadHandle)
        {
            return result;
        }

        // From another one each time: the first must not starve the last.
        _first = (_first + 1) % Math.Max(_count, 1);
        int found = 0;
        for (int i = 0; i < _count && found < events.Length; i++)
        {
            int at = (_first + i) % _count;
            if (entries[at].Occurred != SockEvents.None)
            {
                events[found++] = new QueuedEvent(_tokens[at], entries[at].Occurred);
            }
        }

        return SockResult.Ok(found);
    }

    public override void Dispose() { }

    private void TakeSnapshot()
    {
        lock (_gate)
        {
            if (!_isChanged)
            {
                return;
            }

            _isChanged = false;
            _count = _watched.Count;
            if (_entries.Length < _count)
            {
                Array.Resize(ref _entries, 2 * _count);
                Array.Resize(ref _tokens, 2 * _count);
            }

            int i = 0;
            foreach ((CSocket socket, (SockEvents requested, ulong token)) in _watched)
            {
                _entries[i] = new PollEntry(socket, requested);
                _tokens[i++] = token;
            }
        }
    }
}
