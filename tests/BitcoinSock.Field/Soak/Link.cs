using System.Diagnostics;

namespace BitcoinSock.Field.Soak;

/// <summary>One direction of a connection: its content, and the ledger of both sides.</summary>
internal sealed class Lane(ulong seed)
{
    private volatile bool _isShut;

    public Tape Tape { get; } = new(seed);

    /// <summary>Bytes that operations reported as sent; for who holds the sending side.</summary>
    public long Sent { get; set; }

    /// <summary>Bytes that operations handed back; for who holds the receiving side.</summary>
    public long Received { get; set; }

    /// <summary>When the receiver last took something.</summary>
    public long TakenAt { get; set; }

    /// <summary>Whether the receiver was told the end of the stream.</summary>
    public bool IsEnded { get; set; }

    /// <summary>Whether the half-close is done; for who holds the sending side.</summary>
    public bool IsShutDone { get; set; }

    /// <summary>Whether the sender has half-closed, or is about to.</summary>
    public bool IsShut
    {
        get => _isShut;
        set => _isShut = value;
    }
}

/// <summary>One connection: two ends, two lanes, and what happened last.</summary>
internal sealed class Link
{
    private const int Remembered = 40;

    private readonly ulong _seed;
    private readonly Queue<Entry> _history = new(Remembered);
    private int _isEnding;

    public Link(ulong seed, bool isUnix, Sock first, Sock second)
    {
        (_seed, IsUnix) = (seed, isUnix);
        Lane there = new(seed);
        Lane back = new(seed + 1);
        (First, Second) = (new End(this, there, back, first), new End(this, back, there, second));
        (First.Peer, Second.Peer) = (Second, First);
    }

    public bool IsUnix { get; }

    public End First { get; }

    public End Second { get; }

    /// <summary>Held by who moves, releases, disposes or ends; before any side of an end.</summary>
    public Lock Fate { get; } = new();

    public bool IsEnding => Volatile.Read(ref _isEnding) != 0;

    /// <summary>Whether it is the caller's to end.</summary>
    public bool TryClaim() => Interlocked.Exchange(ref _isEnding, 1) == 0;

    public void Note(End end, string what, TimeSpan? timeout, SockOutcome outcome)
    {
        lock (_history)
        {
            if (_history.Count == Remembered)
            {
                _history.Dequeue();
            }

            _history.Enqueue(
                new Entry(
                    Stopwatch.GetTimestamp(),
                    Environment.CurrentManagedThreadId,
                    end == First ? 1 : 2,
                    end.Channel.GetType().Name,
                    what,
                    timeout,
                    outcome
                )
            );
        }
    }

    /// <summary>What happened last, oldest first, for people.</summary>
    public void Tell(TextWriter output)
    {
        string kind = IsUnix ? "unix" : "TCP";
        output.WriteLine($"  the connection: {kind}, seed {_seed}; what happened last:");
        long now = Stopwatch.GetTimestamp();
        lock (_history)
        {
            foreach (Entry each in _history)
            {
                double agoMs = Stopwatch.GetElapsedTime(each.Time, now).TotalMilliseconds;
                string within = each.Timeout is TimeSpan timeout
                    ? $" within {timeout.TotalMilliseconds} ms"
                    : "";
                output.WriteLine(
                    $"  {-agoMs, 10:0.000} ms  thread {each.Thread}  end {each.End} "
                        + $"({each.Channel}): {each.What}{within}: {each.Outcome.Status} "
                        + $"{each.Outcome.Count} {each.Outcome.Error}"
                );
            }
        }

        Tell(output, First);
        Tell(output, Second);
    }

    private void Tell(TextWriter output, End end) =>
        output.WriteLine(
            $"  from end {(end == First ? 1 : 2)}: {end.Out.Sent} bytes reported sent, "
                + $"{end.Out.Received} handed back; half-closed {end.Out.IsShut}, "
                + $"disposed {end.IsGone}, released {end.IsReleased}"
        );

    private readonly record struct Entry(
        long Time,
        int Thread,
        int End,
        string Channel,
        string What,
        TimeSpan? Timeout,
        SockOutcome Outcome
    );
}
