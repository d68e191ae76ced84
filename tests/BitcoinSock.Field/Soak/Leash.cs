using System.Diagnostics;

namespace BitcoinSock.Field.Soak;

/// <summary>The deadline and the interrupt of one operation, and whether it kept to them.</summary>
internal sealed class Leash : IDisposable
{
    // For a machine that is busy with other things; and where no wake-up is to be had for select(2)
    // an interrupt is noticed a second late.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(6);

    private readonly CancellationTokenSource? _own;
    private readonly TimeSpan _atMost;
    private readonly long _start = Stopwatch.GetTimestamp();

    public Leash(TimeSpan timeout)
    {
        Timeout = _atMost = timeout;
    }

    public Leash(Random random, ThreadInterrupt shared)
    {
        Timeout = _atMost = random.Next(20) switch
        {
            < 4 => TimeSpan.Zero,
            < 15 => TimeSpan.FromMicroseconds(random.Next(1, 4000)),
            < 19 => TimeSpan.FromMilliseconds(random.Next(1, 40)),
            _ => System.Threading.Timeout.InfiniteTimeSpan,
        };
        int kind = Timeout < TimeSpan.Zero ? 3 : random.Next(6);
        if (kind == 2)
        {
            Interrupt = shared;
        }
        else if (kind == 3)
        {
            var after = TimeSpan.FromMilliseconds(random.Next(1, 20));
            _own = new CancellationTokenSource(after);
            _atMost = Timeout < TimeSpan.Zero || after < Timeout ? after : Timeout;
            Interrupt = _own.Token;
        }
        else if (kind == 4)
        {
            var own = new ThreadInterrupt();
            ThreadPool.UnsafeQueueUserWorkItem(static own => own.Interrupt(), own, false);
            Interrupt = own;
        }
    }

    public TimeSpan Timeout { get; }

    public CancellationToken Interrupt { get; }

    public void Deconstruct(out TimeSpan timeout, out CancellationToken interrupt) =>
        (timeout, interrupt) = (Timeout, Interrupt);

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>What is wrong with how an operation ended just now, as far as time goes.</summary>
    public (Law Law, string What)? Judge(SockStatus status)
    {
        TimeSpan elapsed = Elapsed;
        return status switch
        {
            SockStatus.Timeout when Timeout < TimeSpan.Zero || elapsed < Timeout => (
                Law.Deadline,
                $"timed out after {elapsed.TotalMilliseconds} ms of {Timeout.TotalMilliseconds}"
            ),
            SockStatus.Interrupted when !Interrupt.IsCancellationRequested => (
                Law.Interrupt,
                "interrupted by nobody"
            ),
            _ when elapsed > _atMost + Slack => (
                Law.InTime,
                $"took {elapsed.TotalSeconds:0.0} s where {_atMost.TotalSeconds:0.000} s was all"
            ),
            _ => null,
        };
    }

    public void Dispose() => _own?.Dispose();
}
