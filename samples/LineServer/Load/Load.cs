using System.Diagnostics;
using BitcoinSock;

namespace LineServer;

/// <param name="Time">For how long.</param>
/// <param name="Clients">How many well-behaved clients.</param>
/// <param name="Busy">How many of them never pause.</param>
/// <param name="Hostile">How many others there are.</param>
internal sealed record LoadPlan(TimeSpan Time, int Clients, int Busy, int Hostile)
{
    public static readonly LoadPlan Rehearsal = new(TimeSpan.FromSeconds(1), 10, 5, 5);

    /// <summary>Both ends are in this process.</summary>
    public int Descriptors => (2 * (Clients + Hostile)) + 100;

    /// <summary>Short enough that the silent and the deaf are dropped some times.</summary>
    public TimeSpan Idle => TimeSpan.FromSeconds(Math.Clamp(Time.TotalSeconds / 4, 2, 60));
}

/// <summary>
/// A server in a thread of its own, a crowd in this one, and what is left of both.
/// </summary>
internal static class Load
{
    private const int LineMax = 1024;
    private const double FlatFactor = 1.1;
    private const long FlatBytes = 20L << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <returns>Whether all went well.</returns>
    public static bool Run(LoadPlan plan, TextWriter output, CancellationToken interrupt)
    {
        if (!HasDescriptors(plan.Descriptors))
        {
            output.WriteLine(
                $"{plan.Descriptors} descriptors are needed: ulimit -n {plan.Descriptors}"
            );
            return false;
        }

        // The runtime keeps open what it loads, and the library a wake-up: both are there after a
        // rehearsal, so that what then is left over is a leak.
        Play(LoadPlan.Rehearsal, TextWriter.Null, interrupt);
        int before = OpenDescriptors();
        bool isGood = Play(plan, output, interrupt);
        int after = OpenDescriptors();
        output.WriteLine($"descriptors         {before} before, {after} after");
        isGood &= after <= before; // fewer: somebody else of this process let go of some
        output.WriteLine(isGood ? "all is well" : "FAILED");
        return isGood;
    }

    private static bool Play(LoadPlan plan, TextWriter output, CancellationToken interrupt)
    {
        var limits = new Limits(plan.Clients + plan.Hostile, LineMax, plan.Idle);
        using var server = new Server(0, limits);
        var stop = new ThreadInterrupt();
        Task serving = Task.Factory.StartNew(
            () => server.Run(stop),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        bool IsOver() => interrupt.IsCancellationRequested || serving.IsCompleted;

        using var crowd = new Crowd(server.EndPoint, limits, output);
        Talker[] talkers =
        [
            .. Enumerable
                .Range(0, plan.Clients)
                .Select(i => new Talker(crowd, i < plan.Busy ? TimeSpan.Zero : plan.Idle / 3)),
        ];
        Hostile[] hostile =
        [
            .. Enumerable.Range(0, plan.Hostile).Select(i => Hostile.Create(crowd, i)),
        ];
        Array.ForEach(talkers, talker => talker.Start());
        Array.ForEach(hostile, each => each.OnDue());
        long start = Stopwatch.GetTimestamp();
        crowd.Play(plan.Time / 4, IsOver);
        Memory warm = Memory.Now();
        crowd.Play(plan.Time * 3 / 4, IsOver);
        Memory end = Memory.Now();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        // Who has asked gets the reply; then the server stops, and everybody sees the end.
        crowd.IsEnding = true;
        crowd.Play(Patience, () => serving.IsCompleted || !talkers.Any(each => each.IsWaiting));
        int unanswered = talkers.Count(each => each.IsWaiting);
        Array.ForEach(hostile, each => each.Abort());
        stop.Interrupt();
        crowd.Play(Patience, () => serving.IsCompleted);
        crowd.Play(Patience, () => crowd.Farewells + crowd.Wrong >= plan.Clients);
        Array.ForEach(talkers, each => each.Abort());
        serving.GetAwaiter().GetResult();

        output.WriteLine(
            $"""
            clients             {plan.Clients}, {plan.Busy} of them busy, for {seconds:0.0} s
            replies checked     {crowd.Replies}, {crowd.Replies / seconds:0} a second
            wrong               {crowd.Wrong}
            unanswered          {unanswered}
            ended in order      {crowd.Farewells}
            hostile served      {crowd.Hostile}; {server.Idle} silent or deaf ones dropped
            managed memory      {warm.Managed >> 10} KiB warm, {end.Managed >> 10} KiB at the end
            working set         {warm.Resident >> 10} KiB warm, {end.Resident >> 10} KiB at the end
            """
        );
        return crowd is { Wrong: 0, Replies: > 0 }
            && unanswered == 0
            && crowd.Farewells == plan.Clients
            && (crowd.Hostile > 0 || plan.Hostile == 0)
            && IsFlat(warm.Managed, end.Managed)
            && IsFlat(warm.Resident, end.Resident);
    }

    private static bool IsFlat(long warm, long end) =>
        end <= Math.Max(warm * FlatFactor, warm + FlatBytes);

    // The runtime has raised the soft limit as far as it may. To find the limit by hitting it would
    // not do: without descriptors the runtime cannot even load what it takes to say so.
    private static bool HasDescriptors(int count)
    {
        const string Limits = "/proc/self/limits";
        string? line = File.Exists(Limits)
            ? File.ReadLines(Limits)
                .FirstOrDefault(each => each.StartsWith("Max open files", StringComparison.Ordinal))
            : null;
        string? soft = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
        return !long.TryParse(soft, out long limit) || limit >= count;
    }

    private static int OpenDescriptors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        // Wine shows it too, with what its own threads need.
        return OperatingSystem.IsLinux()
            ? Directory.GetFileSystemEntries("/proc/self/fd").Length
            : 0;
    }

    private readonly record struct Memory(long Managed, long Resident)
    {
        public static Memory Now()
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, true, true);
            return new Memory(GC.GetTotalMemory(true), Environment.WorkingSet);
        }
    }
}
