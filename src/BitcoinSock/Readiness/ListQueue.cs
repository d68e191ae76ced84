namespace BitcoinSock;

/// <summary>
/// An event queue of a list that is waited for as a whole, by poll(2) or select(2): what every
/// system has.
/// </summary>
internal sealed class ListQueue(WaitMechanism mechanism) : EventQueue
{
    private readonly Lock _gate = new();
    private readonly Dictionary<CSocket, LinkedListNode<Watched>> _watched = [];

    // Whose turn it is when there is room for fewer than are ready. Who was told goes to the end,
    // and so does who is new: nobody is told twice while another waits to be told at all.
    private readonly LinkedList<Watched> _turns = [];
    private bool _isChanged;

    // What the wait under way is for, in that order.
    private PollEntry[] _entries = [];
    private LinkedListNode<Watched>[] _nodes = [];
    private int _count;

    public override bool IsSnapshot => true;

    /// <summary>
    /// The best that there is for this mechanism; a list, which needs no descriptor, if the process
    /// has none left for it.
    /// </summary>
    public static EventQueue BestFor(WaitMechanism mechanism)
    {
        try
        {
            EventQueue? best =
                mechanism == WaitMechanism.Poll ? Platform.Current.CreateEventQueue() : null;
            return best ?? new ListQueue(mechanism);
        }
        catch (SockException)
        {
            return new ListQueue(mechanism);
        }
    }

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
            var node = new LinkedListNode<Watched>(new Watched(socket, requested, token));
            if (!_watched.TryAdd(socket, node))
            {
                return SockResult.Fail(NetworkError.InvalidArgument);
            }

            _isChanged = true;
            _turns.AddLast(node);
            return SockResult.Ok(0);
        }
    }

    public override SockResult Modify(CSocket socket, SockEvents requested, ulong token)
    {
        lock (_gate)
        {
            _isChanged = true;
            _watched[socket].Value = new Watched(socket, requested, token);
            return SockResult.Ok(0);
        }
    }

    public override SockResult Remove(CSocket socket)
    {
        lock (_gate)
        {
            if (_watched.Remove(socket, out LinkedListNode<Watched>? node))
            {
                _isChanged = true;
                _turns.Remove(node);
            }

            return SockResult.Ok(0);
        }
    }

    public override SockResult Arm(CSocket socket, SockEvents requested, ulong token)
    {
        lock (_gate)
        {
            var armed = new Watched(socket, requested, token, IsOnce: true);
            _isChanged = true;
            if (_watched.TryGetValue(socket, out LinkedListNode<Watched>? node))
            {
                node.Value = armed;
            }
            else
            {
                _watched.Add(socket, _turns.AddLast(armed));
            }

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

        lock (_gate)
        {
            int found = 0;
            int looked = 0;
            for (; looked < _count && found < events.Length; looked++)
            {
                if (entries[looked].Occurred != SockEvents.None)
                {
                    Watched told = _nodes[looked].Value;
                    events[found++] = new QueuedEvent(told.Token, entries[looked].Occurred);
                    if (told.IsOnce && _nodes[looked].List is not null)
                    {
                        _isChanged = true;
                        _watched.Remove(told.Socket);
                        _turns.Remove(_nodes[looked]);
                    }
                }
            }

            if (found == events.Length)
            {
                EndTurns(entries[..looked]);
            }

            return SockResult.Ok(found);
        }
    }

    public override void Dispose() { }

    private void EndTurns(ReadOnlySpan<PollEntry> looked)
    {
        _isChanged = true;
        for (int i = 0; i < looked.Length; i++)
        {
            LinkedListNode<Watched> node = _nodes[i];
            bool isHere = node.List is not null; // not removed meanwhile
            if (isHere && looked[i].Occurred != SockEvents.None)
            {
                _turns.Remove(node);
                _turns.AddLast(node);
            }
        }
    }

    private void TakeSnapshot()
    {
        lock (_gate)
        {
            if (!_isChanged)
            {
                return;
            }

            _isChanged = false;
            _count = _turns.Count;
            if (_entries.Length < _count)
            {
                Array.Resize(ref _entries, 2 * _count);
                Array.Resize(ref _nodes, 2 * _count);
            }

            int i = 0;
            for (LinkedListNode<Watched>? at = _turns.First; at is not null; at = at.Next)
            {
                _entries[i] = new PollEntry(at.Value.Socket, at.Value.Requested);
                _nodes[i++] = at;
            }
        }
    }

    private readonly record struct Watched(
        CSocket Socket,
        SockEvents Requested,
        ulong Token,
        bool IsOnce = false
    );
}
