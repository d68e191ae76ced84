using System.Runtime.CompilerServices;

namespace BitcoinSock;

/// <summary>
/// A timeout that started: by timestamps, so that moving the wall clock moves nothing.
/// </summary>
internal readonly struct Deadline
{
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _clock;
    private readonly long _start;

    /// <exception cref="ArgumentOutOfRangeException">Negative and not infinite.</exception>
    public Deadline(
        TimeSpan timeout,
        TimeProvider clock,
        [CallerArgumentExpression(nameof(timeout))] string? name = null
    )
    {
        ThrowIfNegative(timeout, name);
        _timeout = timeout;
        _clock = clock;
        _start = clock.GetTimestamp();
    }

    /// <summary>By what it is measured.</summary>
    public TimeProvider Clock => _clock;

    /// <summary>
    /// What is left: zero once passed, <see cref="Timeout.InfiniteTimeSpan"/> if endless.
    /// </summary>
    public TimeSpan Remaining
    {
        get
        {
            if (_timeout == Timeout.InfiniteTimeSpan)
            {
                return _timeout;
            }

            // Elapsed against timeout, never start plus timeout: the largest TimeSpan must not
            // overflow.
            TimeSpan elapsed = _clock.GetElapsedTime(_start);
            // A clock that went back must not overflow it either.
            TimeSpan left = elapsed > TimeSpan.Zero ? _timeout - elapsed : _timeout;
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public bool HasPassed => Remaining == TimeSpan.Zero;

    /// <summary><see cref="Remaining"/> for the system's calls.</summary>
    public int RemainingMs => ToMilliseconds(Remaining);

    /// <summary><see cref="Remaining"/>, at most <see cref="Sock.MaxWaitForIo"/>.</summary>
    public TimeSpan Slice
    {
        get
        {
            TimeSpan left = Remaining;
            return left >= TimeSpan.Zero && left < Sock.MaxWaitForIo ? left : Sock.MaxWaitForIo;
        }
    }

    /// <summary>Refuses what is no timeout.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative and not infinite.</exception>
    public static void ThrowIfNegative(
        TimeSpan timeout,
        [CallerArgumentExpression(nameof(timeout))] string? name = null
    )
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(
                name,
                timeout,
                "A timeout is zero (one try), positive, or Timeout.InfiniteTimeSpan."
            );
        }
    }

    /// <summary>
    /// Whole milliseconds as poll(2) takes them: rounded up, so that no wait is early; -1 for ever;
    /// at most 24.8 days, after which whoever waits looks at the clock and waits on.
    /// </summary>
    public static int ToMilliseconds(TimeSpan time)
    {
        // Infinite is a millisecond less than none.
        (long whole, long rest) = Math.DivRem(time.Ticks, TimeSpan.TicksPerMillisecond);
        return (int)Math.Min(rest > 0 ? whole + 1 : whole, int.MaxValue);
    }
}
