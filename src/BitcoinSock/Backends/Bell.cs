namespace BitcoinSock;

/// <summary>
/// Rings when something that is under way has ended. Who waits for that is rung too by an
/// interrupt, and leaves nothing behind, however long it goes on.
/// </summary>
internal sealed class Bell
{
    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource> _listening = [];

    /// <summary>Whoever calls this does not run what is awaited.</summary>
    public void Ring()
    {
        lock (_gate)
        {
            foreach (TaskCompletionSource each in _listening)
            {
                each.TrySetResult();
            }
        }
    }

    /// <summary>The task, whose end rings, and counts as observed: it is told by a call.</summary>
    public T OnEndOf<T>(T task)
        where T : Task
    {
        _ = task.ContinueWith(
            static (ended, bell) =>
            {
                _ = ended.Exception;
                ((Bell)bell!).Ring();
            },
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        return task;
    }

    /// <summary>Listens from now on; look once more whether to wait at all.</summary>
    public Listening Listen(CancellationToken interrupt) => new(this, interrupt);

    /// <summary>One who waits.</summary>
    public readonly struct Listening : IDisposable
    {
        private readonly Bell _bell;
        private readonly TaskCompletionSource _rung = new(
            TaskCreationOptions.RunContinuationsAsynchronously
        );
        private readonly CancellationTokenRegistration _interrupted;

        public Listening(Bell bell, CancellationToken interrupt)
        {
            _bell = bell;
            lock (bell._gate)
            {
                bell._listening.Add(_rung);
            }

            _interrupted = interrupt.UnsafeRegister(
                static rung => ((TaskCompletionSource)rung!).TrySetResult(),
                _rung
            );
        }

        /// <summary>Ends when it rings.</summary>
        public Task Rung => _rung.Task;

        public void Dispose()
        {
            _interrupted.Dispose();
            lock (_bell._gate)
            {
                _bell._listening.Remove(_rung);
            }
        }
    }
}
