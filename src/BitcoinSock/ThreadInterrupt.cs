using System.Diagnostics.CodeAnalysis;

namespace BitcoinSock;

/// <summary>
/// A flag that one thread raises to make others stop what they are at, again and again: Core's
/// <c>CThreadInterrupt</c>. It passes for a <see cref="CancellationToken"/> wherever one is taken,
/// and so wakes those who wait instead of being noticed by them later.
/// </summary>
/// <remarks>All members may be called from any thread. There is nothing to dispose.</remarks>
[SuppressMessage(
    "Design",
    "CA1001",
    Justification = "A source without a timer has nothing that the collector does not free."
)]
public class ThreadInterrupt
{
    private volatile CancellationTokenSource _source = new();

    /// <summary>
    /// The current token. It stays cancelled once it is; <see cref="Reset"/> brings a new one, so
    /// take it anew for each operation (passing the interrupt itself does).
    /// </summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Passes <see cref="Token"/>.</summary>
    /// <param name="interrupt">The interrupt.</param>
    public static implicit operator CancellationToken(ThreadInterrupt interrupt)
    {
        ArgumentNullException.ThrowIfNull(interrupt);
        return interrupt.Token;
    }

    /// <summary>Raises the flag and wakes all who wait on it. Core's <c>operator()</c>.</summary>
    /// <exception cref="AggregateException">
    /// A callback that somebody registered with the token threw; the flag is up all the same.
    /// </exception>
    public void Interrupt() => _source.Cancel();

    /// <summary>
    /// Lowers the flag, for operations that start from now on. Core's <c>reset()</c>.
    /// </summary>
    public void Reset()
    {
        CancellationTokenSource raised = _source;
        if (raised.IsCancellationRequested)
        {
            // Another thread may have lowered it just now, and its flag be raised again.
            Interlocked.CompareExchange(ref _source, new CancellationTokenSource(), raised);
        }
    }

    /// <summary>Whether the flag is raised. Core's <c>operator bool</c>.</summary>
    public bool AsBool() => _source.IsCancellationRequested;

    /// <summary>Sleeps, unless interrupted. Core's <c>sleep_for</c>.</summary>
    /// <param name="duration">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <returns>True after the full duration; false if the flag was up or went up.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="duration"/> is negative and not infinite.
    /// </exception>
    public bool SleepFor(TimeSpan duration)
    {
        var end = new Deadline(duration, TimeProvider.System);
        CancellationToken raised = Token;
        while (!raised.IsCancellationRequested && !end.HasPassed)
        {
            raised.WaitHandle.WaitOne(end.RemainingMs);
        }

        return !raised.IsCancellationRequested;
    }
}
