namespace BitcoinSock.Field.Faults;

/// <summary>
/// Sends a signal to one thread, and the next when that has come through, until the thread's job is
/// done. They interrupt what they find, and do nothing else.
/// </summary>
internal static class Storm
{
    private const int Signal = Kernel.SIGUSR1;

    static Storm() => Kernel.HandleBareSignal(Signal);

    /// <returns>What the job returned, and how many signals came through.</returns>
    public static (T Result, int Signals) During<T>(Func<T> job)
    {
        using var started = new ManualResetEventSlim();
        int id = 0;
        bool isOver = false;
        T result = default!;
        var thread = new Thread(() =>
        {
            id = Kernel.GetTid();
            started.Set();
            result = job();
            Volatile.Write(ref isOver, true);
        });
        thread.Start();
        started.Wait();
        int signals = 0;
        while (!Volatile.Read(ref isOver))
        {
            if (Kernel.TgKill(Environment.ProcessId, id, Signal) != 0)
            {
                break; // it has ended
            }

            while (IsPending(id) && !Volatile.Read(ref isOver)) { }

            signals++;
        }

        thread.Join();
        return (result, signals);
    }

    // Two of the same that wait to be taken are one.
    private static bool IsPending(int id)
    {
        try
        {
            string pending = File.ReadLines($"/proc/self/task/{id}/status")
                .First(line => line.StartsWith("SigPnd:", StringComparison.Ordinal));
            ulong mask = Convert.ToUInt64(pending["SigPnd:".Length..].Trim(), 16);
            return (mask >> (Signal - 1) & 1) != 0;
        }
        catch (IOException)
        {
            return false; // it has ended
        }
    }
}
