using System.Runtime.CompilerServices;

namespace BitcoinSock;

/// <summary>
/// Makes operations of jobs: <see cref="Run"/> blocks where <c>RunAsync</c> awaits, and that
/// is all the difference there is.
/// </summary>
internal static class Driver
{
    /// <summary>Does the job in this thread.</summary>
    /// <param name="sock">What to wait on.</param>
    /// <param name="observed">Who looks on, and is told the end; null if nobody does.</param>
    /// <param name="job">The job.</param>
    /// <param name="place">Where its bytes are.</param>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends it early.</param>
    public static SockOutcome Run<TJob, TPlace>(
        ISockWait sock,
        Observed? observed,
        ref TJob job,
        TPlace place,
        TimeSpan timeout,
        CancellationToken interrupt
    )
        where TJob : IJob<TPlace>
        where TPlace : allows ref struct
    {
        ISockWait waits = observed ?? sock;
        var pace = new Pace(timeout, waits.Clock, interrupt);
        SockOutcome end;
        while (pace.GoesOn(ref job, place, out end))
        {
            Deadline slice = pace.Slice();
            SockResult waited = waits.Wait(slice.Remaining, job.Awaited, out _, interrupt);
            if (pace.HasFailed(waited, slice, out int pauseMs))
            {
                end = SockOutcome.Failed(waited.Error, job.Count);
                break;
            }

            if (pauseMs > 0)
            {
                Pause.Sleep(waits, pauseMs, interrupt);
            }
        }

        return observed is null ? end : observed.End(end);
    }

    /// <summary>Does the job, and holds no thread while it waits.</summary>
    /// <param name="sock">What to await on.</param>
    /// <param name="observed">Who looks on, and is told the end; null if nobody does.</param>
    /// <param name="job">The job.</param>
    /// <param name="kept">What outlives an await, and has the place.</param>
    /// <param name="placeOf">Where the bytes are, of what was kept.</param>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends it early.</param>
    public static ValueTask<SockOutcome> RunAsync<TJob, TPlace, TKept>(
        ISockWaitAsync sock,
        Observed? observed,
        TJob job,
        TKept kept,
        Func<TKept, TPlace> placeOf,
        TimeSpan timeout,
        CancellationToken interrupt
    )
        where TJob : IJob<TPlace>
        where TPlace : allows ref struct =>
        RunAsync(
            sock,
            observed,
            job,
            kept,
            placeOf,
            static (outcome, _, _) => outcome,
            timeout,
            interrupt
        );

    /// <summary>Does the job, and makes of its outcome what is wanted, or throws.</summary>
    /// <param name="sock">What to await on.</param>
    /// <param name="observed">Who looks on, and is told the end; null if nobody does.</param>
    /// <param name="job">The job.</param>
    /// <param name="kept">What outlives an await, and has the place.</param>
    /// <param name="placeOf">Where the bytes are, of what was kept.</param>
    /// <param name="resultOf">What is wanted, of the outcome and of what was kept.</param>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends it early.</param>
    public static ValueTask<TResult> RunAsync<TJob, TPlace, TKept, TResult>(
        ISockWaitAsync sock,
        Observed? observed,
        TJob job,
        TKept kept,
        Func<TKept, TPlace> placeOf,
        Func<SockOutcome, TKept, CancellationToken, TResult> resultOf,
        TimeSpan timeout,
        CancellationToken interrupt
    )
        where TJob : IJob<TPlace>
        where TPlace : allows ref struct
    {
        ISockWaitAsync waits = observed ?? sock;
        var pace = new Pace(timeout, waits.Clock, interrupt);
        return RunAsync(waits, job, kept, placeOf, resultOf, pace);
    }

    // Thousands of these wait at once: what it keeps, it keeps once.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<TResult> RunAsync<TJob, TPlace, TKept, TResult>(
        ISockWaitAsync waits,
        TJob job,
        TKept kept,
        Func<TKept, TPlace> placeOf,
        Func<SockOutcome, TKept, CancellationToken, TResult> resultOf,
        Pace pace
    )
        where TJob : IJob<TPlace>
        where TPlace : allows ref struct
    {
        SockOutcome end;
        try
        {
            while (pace.GoesOn(ref job, placeOf(kept), out end))
            {
                Deadline slice = pace.AwaitedSlice();
                SockResult waited = await waits
                    .WaitAsync(slice.Remaining, job.Awaited, pace.Interrupt)
                    .ConfigureAwait(false);
                if (pace.HasFailed(waited, slice, out int pauseMs))
                {
                    end = SockOutcome.Failed(waited.Error, job.Count);
                    break;
                }

                if (pauseMs > 0)
                {
                    await Pause.SleepAsync(waits, pauseMs, pace.Interrupt).ConfigureAwait(false);
                }
            }

            end = waits is Observed observed ? observed.End(end) : end;
        }
        finally
        {
            (waits as Observed)?.Dispose();
        }

        return resultOf(end, kept, pace.Interrupt);
    }
}
