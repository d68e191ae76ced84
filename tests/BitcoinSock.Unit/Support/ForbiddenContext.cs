namespace BitcoinSock.Unit;

/// <summary>A context to which nothing that began in it may come back.</summary>
internal sealed class ForbiddenContext : SynchronizationContext
{
    private int _posts;

    public int Posts => _posts;

    public override void Post(SendOrPostCallback d, object? state)
    {
        Interlocked.Increment(ref _posts);
        ThreadPool.QueueUserWorkItem(_ => d(state));
    }

    /// <summary>Begins something in it.</summary>
    public T Begin<T>(Func<T> job)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            return job();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}
