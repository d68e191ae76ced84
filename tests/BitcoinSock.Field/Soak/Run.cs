using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace BitcoinSock.Field.Soak;

/// <param name="Time">For how long.</param>
/// <param name="Connections">How many at a time.</param>
/// <param name="Threads">How many at work on them.</param>
/// <param name="Seed">
/// What the choices of each thread follow from; who comes first is the system's to say.
/// </param>
internal sealed record Plan(TimeSpan Time, int Connections, int Threads, int Seed);

/// <summary>Many connections, some threads, and the laws that they hold to.</summary>
internal sealed class Run(Plan plan, Laws laws)
{
    private static readonly TimeSpan HotTime = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly long _start = Stopwatch.GetTimestamp();

    public Laws Laws => laws;

    public Link[] Links { get; } = new Link[plan.Connections];

    /// <summary>Interrupts all operations that have it.</summary>
    public ThreadInterrupt Shared { get; } = new();

    public bool IsOver => !laws.AllHold || Stopwatch.GetElapsedTime(_start) >= plan.Time;

    /// <summary>Where threads meet at the time.</summary>
    public int HotPlace => (int)(Stopwatch.GetElapsedTime(_start) / HotTime * 7 % plan.Connections);

    /// <summary>Runs to the end, and keeps nothing: what is left then is counted.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Tally Play(Plan plan, Laws laws) => new Run(plan, laws).Play();

    private Tally Play()
    {
        using var harbour = new Harbour();
        Worker[] workers =
        [
            .. Enumerable
                .Range(0, plan.Threads)
                .Select(i => new Worker(this, harbour, plan.Seed + i)),
        ];
        for (int i = 0; i < Links.Length; i++)
        {
            Links[i] = workers[i % workers.Length].Begin();
        }

        Thread[] threads =
        [
            .. workers.Select(worker => new Thread(worker.Work) { IsBackground = true }),
        ];
        Array.ForEach(threads, thread => thread.Start());
        while (!IsOver)
        {
            Thread.Sleep(HotTime);
        }

        long end = Stopwatch.GetTimestamp();
        foreach (Thread thread in threads)
        {
            TimeSpan left = Patience - Stopwatch.GetElapsedTime(end);
            if (!thread.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero))
            {
                laws.Break(
                    Law.Threads,
                    $"a thread is still at work {Patience.TotalSeconds} s later"
                );
                return new Tally();
            }
        }

        foreach (Link link in Links.TakeWhile(_ => laws.AllHold))
        {
            workers[0].End(link);
        }

        var total = new Tally();
        foreach (Worker worker in workers)
        {
            total.Add(worker.Tally);
            worker.Dispose();
        }

        return total;
    }
}
