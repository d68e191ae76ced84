namespace BitcoinSock;

/// <summary>
/// What every operation does between two tries: look at the clock, look at the interrupt, and wait
/// if the last try moved nothing. The try comes first, so success wins over both.
/// </summary>
internal struct Pace(TimeSpan timeout, TimeProvider clock, CancellationToken interrupt)
{
    // A wait that ends early and a try that then moves nothing: once is a spurious wake-up, but a
    // backend whose wait is broken, or a second reader of the same descriptor, does it for ever.
    private const int IdleRoundsFree = 3;
    private const int PauseDoublingsMax = 4; // to 16 ms

    private readonly Deadline _deadline = new(timeout, clock, nameof(timeout));
    private int _idleRounds;

    /// <summary>Ok: try again. Anything else is how the operation ends.</summary>
    public SockOutcome Next<TSock>(TSock sock, SockEvents awaited, bool moved)
        where TSock : ISockWait
    {
        SockOutcome look = Look(moved);
        if (!look.IsOk || moved)
        {
            return look;
        }

        Deadline slice = Slice();
        SockResult waited = sock.Wait(slice.Remaining, awaited, out _, interrupt);
        SockOutcome next = Waited(waited, slice, out int pauseMs);
        if (pauseMs > 0)
        {
            Pause.Sleep(sock, pauseMs, interrupt);
        }

        return next;
    }

    /// <summary>Looks at the clock and at the interrupt.</summary>
    public SockOutcome Look(bool moved)
    {
        if (_deadline.HasPassed)
        {
            return SockOutcome.End(SockStatus.Timeout);
        }

        if (interrupt.IsCancellationRequested)
        {
            return SockOutcome.End(SockStatus.Interrupted);
        }

        _idleRounds = moved ? 0 : _idleRounds;
        return SockOutcome.Ok(0);
    }

    /// <summary>For how long to wait at most.</summary>
    public readonly Deadline Slice() => new(_deadline.Slice, clock);

    /// <summary>
    /// What a wait in that slice means, and how long to pause after it: never past the deadline.
    /// </summary>
    public SockOutcome Waited(SockResult waited, Deadline slice, out int pauseMs)
    {
        pauseMs = 0;
        if (waited.IsError && NetworkError.IoErrorIsPermanent(waited.Error))
        {
            return SockOutcome.Failed(waited.Error);
        }

        _idleRounds = slice.HasPassed ? 0 : _idleRounds + 1;
        if (_idleRounds > IdleRoundsFree)
        {
            int wantedMs = 1 << Math.Min(_idleRounds - IdleRoundsFree, PauseDoublingsMax);
            pauseMs = Math.Min(wantedMs, Deadline.ToMilliseconds(_deadline.Slice));
        }

        return SockOutcome.Ok(0);
    }
}
