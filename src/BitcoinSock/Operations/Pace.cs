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

    /// <summary>What ends it early.</summary>
    public readonly CancellationToken Interrupt => interrupt;

    private int _idleRounds;

    /// <summary>Has a job go on until it has to wait.</summary>
    /// <param name="job">The job.</param>
    /// <param name="place">Where its bytes are.</param>
    /// <param name="end">If it has not: how it ended.</param>
    /// <returns>Whether it has to wait.</returns>
    public bool GoesOn<TJob, TPlace>(ref TJob job, TPlace place, out SockOutcome end)
        where TJob : IJob<TPlace>
        where TPlace : allows ref struct
    {
        while (!job.IsDone)
        {
            end = job.Step(place);
            bool moved = end.Count > 0;
            if (end.IsOk && !job.IsDone)
            {
                end = Look(moved);
                if (end.IsOk && !moved)
                {
                    return true;
                }
            }

            if (!end.IsOk)
            {
                end = end with { Count = job.Count };
                return false;
            }
        }

        end = SockOutcome.Ok(job.Count);
        return false;
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
    public readonly Deadline Slice() => new(_deadline.Slice, _deadline.Clock);

    /// <summary>
    /// For how long to await at most: what is awaited can be woken, so to the end, unless that is
    /// by a clock that the system does not wait by.
    /// </summary>
    public readonly Deadline AwaitedSlice() =>
        _deadline.Clock == TimeProvider.System ? _deadline : Slice();

    /// <summary>
    /// What a wait in that slice means, and how long to pause after it: never past the deadline.
    /// </summary>
    public bool HasFailed(SockResult waited, Deadline slice, out int pauseMs)
    {
        pauseMs = 0;
        if (waited.IsError && NetworkError.IoErrorIsPermanent(waited.Error))
        {
            return true;
        }

        _idleRounds = slice.HasPassed ? 0 : _idleRounds + 1;
        if (_idleRounds > IdleRoundsFree)
        {
            int wantedMs = 1 << Math.Min(_idleRounds - IdleRoundsFree, PauseDoublingsMax);
            pauseMs = Math.Min(wantedMs, Deadline.ToMilliseconds(_deadline.Slice));
        }

        return false;
    }
}
