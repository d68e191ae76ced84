using System.ComponentModel;
using System.Diagnostics;

namespace BitcoinSock.Field.Faults;

/// <summary>What the tracer saw of a thread.</summary>
/// <param name="Injected">How many calls it failed.</param>
/// <param name="Waits">How often it waited by epoll(7).</param>
internal sealed record TracedCalls(int Injected, int Waits)
{
    public static TracedCalls Read(string log)
    {
        string[] lines = File.ReadAllLines(log);
        return new TracedCalls(
            lines.Count(line => line.Contains("(INJECTED)", StringComparison.Ordinal)),
            lines.Count(line => line.StartsWith("epoll_", StringComparison.Ordinal))
        );
    }
}

/// <summary>
/// Runs a job on a thread of its own, of which, and of no other, strace(1) fails some calls. The
/// peers are other threads of this process, and so behave.
/// </summary>
internal static class Traced
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <returns>What the job returned, and the calls it made.</returns>
    /// <exception cref="InvalidOperationException">It cannot be traced, or did not end.</exception>
    public static (T Result, TracedCalls Calls) Run<T>(Injection injection, Func<T> job)
    {
        using var ready = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        int id = 0;
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            id = Kernel.GetTid();
            ready.Set();
            go.Wait();
            try
            {
                result = job();
            }
            catch (Exception thrown)
            {
                failure = thrown;
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        ready.Wait();
        string log = Path.GetTempFileName();
        try
        {
            using Process tracer = Start(["-p", $"{id}", "-o", log, .. injection.Arguments]);
            // It says so when the thread has been told to stop before anything else it does.
            string? said = tracer.StandardError.ReadLine();
            bool isAttached = said?.EndsWith("attached", StringComparison.Ordinal) == true;
            go.Set();
            if (!isAttached || !thread.Join(Patience))
            {
                tracer.Kill();
                throw new InvalidOperationException(
                    isAttached ? $"it did not end within {Patience}" : $"no tracing: {said}"
                );
            }

            tracer.WaitForExit(); // with its last thread
            return failure is null
                ? (result, TracedCalls.Read(log))
                : throw new InvalidOperationException(failure.ToString());
        }
        finally
        {
            File.Delete(log);
        }
    }

    public static Process Start(IEnumerable<string> arguments)
    {
        var strace = new ProcessStartInfo("strace", arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        try
        {
            return Process.Start(strace)!;
        }
        catch (Win32Exception missing)
        {
            throw new InvalidOperationException($"strace: {missing.Message}");
        }
    }
}
