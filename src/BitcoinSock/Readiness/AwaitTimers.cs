namespace BitcoinSock;

/// <summary>
/// The deadlines of awaits. One that ends in time stays here until it would have been told, so that
/// the next one of the same socket, which ends no sooner, is kept without a change.
/// </summary>
internal sealed class AwaitTimers
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<AwaitedEvent, long> _queue = new();

    /// <summary>When the first of them is due, a timestamp; the largest if there is none.</summary>
    public long Next
    {
        get
        {
            lock (_gate)
            {
                return _queue.TryPeek(out _, out long due) ? due : long.MaxValue;
            }
        }
    }

    /// <summary>Sees to it that this is told when it is due.</summary>
    /// <returns>False if it is told no later anyway.</returns>
    public bool Keep(AwaitedEvent awaited, long due)
    {
        if (Volatile.Read(ref awaited.Kept) <= due)
        {
            return false;
        }

        lock (_gate)
        {
            if (awaited.Kept != long.MaxValue)
            {
                _queue.Remove(awaited, out _, out _);
            }

            awaited.Kept = due;
            _queue.Enqueue(awaited, due);
            return true;
        }
    }

    /// <summary>Takes out what is due, also what has ended since.</summary>
    public void TakeDue(long now, List<AwaitedEvent> due)
    {
        lock (_gate)
        {
            while (_queue.TryPeek(out AwaitedEvent? first, out long at) && at <= now)
            {
                _queue.Dequeue();
                first.Kept = long.MaxValue;
                due.Add(first);
            }
        }
    }
}
