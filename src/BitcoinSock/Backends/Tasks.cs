namespace BitcoinSock;

/// <summary>What backends do with tasks of others.</summary>
internal static class Tasks
{
    /// <summary>
    /// The task, whose failure counts as observed: it is told by the next call, if one comes.
    /// </summary>
    public static T WithFailureObserved<T>(this T task)
        where T : Task
    {
        _ = task.ContinueWith(
            static failed => failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        return task;
    }

    /// <summary>One that does not end.</summary>
    public static Task Never { get; } = new TaskCompletionSource().Task;

    /// <summary>
    /// Waits until one of several ends, as <see cref="EndsWithin"/> does, but in this thread: a
    /// timer needs one of the pool's, and those may all be waiting here.
    /// </summary>
    public static SockResult WaitForFirst(
        Task[] tasks,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        try
        {
            Task.WaitAny(tasks, Deadline.ToMilliseconds(timeout), interrupt);
        }
        catch (OperationCanceledException)
        {
            // The result says so, if none has ended by then.
        }

        return ResultOf(tasks.Any(task => task.IsCompleted), interrupt);
    }

    /// <summary>
    /// Awaits that a task ends, well or not: 1 if so, 0 at the timeout, EINTR if the token fired
    /// first. It leaves nothing behind in the task.
    /// </summary>
    public static async Task<SockResult> EndsWithin(
        this Task task,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        // Rounded up, or the last millisecond would be waited for by turning in circles.
        var rounded = TimeSpan.FromMilliseconds(Deadline.ToMilliseconds(timeout));
        await task.WaitAsync(rounded, interrupt)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ResultOf(task.IsCompleted, interrupt);
    }

    private static SockResult ResultOf(bool hasEnded, CancellationToken interrupt) =>
        hasEnded ? SockResult.Ok(1)
        : interrupt.IsCancellationRequested ? SockResult.Fail(NetworkError.Interrupted)
        : SockResult.Ok(0);
}
