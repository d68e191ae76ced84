using System.Runtime.CompilerServices;

namespace BitcoinSock;

/// <summary>
/// Makes operations of jobs: <see cref="Run"/> blocks where <see cref="RunAsync"/> awaits, and that
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
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<SockOutcome> RunAsync<TJob, TPlace, TKept>(
        ISockWaitAsync sock,
        Observed? observed,
        TJob job,
        TKept kept,
        Func<TKept, TPlace> placeOf,
        TimeSpan timeout,
        CancellationToken interrupt
    )
        where TJob : IJob<TPlace>
        where TPlace : allows ref struct
    {
        using Observed? told = observed;
        ISockWaitAsync waits = observed ?? sock;
        var pace = new Pace(timeout, waits.Clock, interrupt);
        SockOutcome end;
        while (pace.GoesOn(ref job, placeOf(kept), out end))
        {
            Deadline slice = pace.AwaitedSlice();
            SockResult waited = await waits
                .WaitAsync(slice.Remaining, job.Awaited, interrupt)
                .ConfigureAwait(false);
            if (pace.HasFailed(waited, slice, out int pauseMs))
            {
                end = SockOutcome.Failed(waited.Error, job.Count);
                break;
            }

            if (pauseMs > 0)
            {
                await Pause.SleepAsync(waits, pauseMs, interrupt).ConfigureAwait(false);
            }
        }

        return observed is null ? end : observed.End(end);
    }
}
