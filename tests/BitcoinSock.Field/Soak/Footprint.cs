namespace BitcoinSock.Field.Soak;

/// <summary>What this process holds, after what nobody holds is gone.</summary>
internal readonly record struct Footprint(int Open, long Resident, long Managed)
{
    // What the system and the collector keep of what was used is not the same each time.
    private const long ResidentGrowth = 48L << 20;
    private const long ManagedGrowth = 8L << 20;

    // As many as the library keeps, and more.
    private const int WakeUps = 48;

    public static Footprint Now()
    {
        EmptyWakeUps();
        // Twice: what a finalizer lets go of is collected by the next.
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, true, true);
            GC.WaitForPendingFinalizers();
        }

        return new Footprint(Descriptors(), Environment.WorkingSet, GC.GetTotalMemory(true));
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <summary>
    /// Has the library let go of all wake-ups that it keeps, as it does of those that were
    /// signalled; else how many descriptors there are depends on how many threads have waited.
    /// </summary>
    private static void EmptyWakeUps()
    {
        (Sock idle, Sock peer) = Sock.CreatePair();
        using var end = new CancellationTokenSource();
        using var waiting = new CountdownEvent(WakeUps);
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, WakeUps)
                .Select(_ => new Thread(() =>
                {
                    waiting.Signal();
                    idle.Wait(
                        TimeSpan.FromMinutes(1),
                        SockEvents.Recv,
                        out SockEvents _,
                        end.Token
                    );
                })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        waiting.Wait();
        for (int calm = 0, last = 0; calm < 5; calm = Descriptors() == last ? calm + 1 : 0)
        {
            last = Descriptors();
            Thread.Sleep(100); // until all of them are in their wait, or nearly all
        }

        end.Cancel();
        Array.ForEach(threads, thread => thread.Join());
        idle.Dispose();
        peer.Dispose();
    }

    /// <summary>Holds this, the end, to the start.</summary>
    public void Judge(Footprint start, Laws laws)
    {
        if (Open > start.Open)
        {
            laws.Break(Law.Descriptors, $"{Open - start.Open} more than at the start");
        }

        if (Resident > start.Resident + ResidentGrowth)
        {
            laws.Break(Law.Resident, $"{(Resident - start.Resident) >> 20} MiB more");
        }

        if (Managed > start.Managed + ManagedGrowth)
        {
            laws.Break(Law.Managed, $"{(Managed - start.Managed) >> 20} MiB more");
        }
    }

    public static void Tell(Footprint start, Footprint end, TextWriter output) =>
        output.WriteLine(
            $"""
            descriptors       {start.Open} at the start, {end.Open} at the end
            resident memory   {start.Resident >> 10} KiB, {end.Resident
                >> 10} KiB (at most {ResidentGrowth >> 10} more)
            managed heap      {start.Managed >> 10} KiB, {end.Managed
                >> 10} KiB (at most {ManagedGrowth >> 10} more)
            """
        );
}
