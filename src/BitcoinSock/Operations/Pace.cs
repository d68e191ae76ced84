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
        if (_deadline.HasPassed)
        {
            return SockOutcome.End(SockStatus.Timeout);
        }

        if (interrupt.IsCancellationRequested)
        {
            return SockOutcome.End(SockStatus.Interrupted);
        }

        if (moved)
        {
            _idleRounds = 0;
            return SockOutcome.Ok(0);
        }

        var slice = new Deadline(_deadline.Slice, clock);
        SockResult waited = sock.Wait(slice.Remaining, awaited, out _, interrupt);
        if (waited.IsError && NetworkError.IoErrorIsPermanent(waited.Error))
        {
            return SockOutcome.Failed(waited.Error);
        }

        _idleRounds = slice.HasPassed ? 0 : _idleRounds + 1;
        if (_idleRounds > IdleRoundsFree)
        {
            Thread.Sleep(1 << Math.Min(_idleRounds - IdleRoundsFree, PauseDoublingsMax));
        }

        return SockOutcome.Ok(0);
    }
}
