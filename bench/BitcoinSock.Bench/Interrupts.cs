using System.Diagnostics;
using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>How long it takes from an interrupt until the call that it ends has returned.</summary>
internal sealed class Interrupts(int rounds) : IDisposable
{
    private const int WarmUp = 20;
    private const string Row = "  {0,-20}{1,10:F3}{2,10:F3}{3,10:F3}";

    private static readonly TimeSpan ForEver = Timeout.InfiniteTimeSpan;

    private readonly ThreadInterrupt _interrupt = new();
    private readonly SemaphoreSlim _go = new(0);
    private readonly SemaphoreSlim _done = new(0);
    private Func<CancellationToken, bool>? _job;
    private bool _isInterrupted;
    private long _returnedAt;

    /// <summary>Prints a table.</summary>
    /// <returns>The largest 99th percentile, in milliseconds.</returns>
    public double Run()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using var poller = new SockPoller();
        poller.Add(near, SockEvents.Recv);
        byte[] data = new byte[64 * 1024];
        while (near.TrySendComplete(data, TimeSpan.FromMilliseconds(50)).IsOk)
        {
            // Until the far end takes no more: then a send blocks.
        }

        byte[] line = new byte[100];
        var ready = new ReadySock[1];
        (string Name, Func<CancellationToken, bool> Job)[] blocked =
        [
            ("Sock.Wait", stop => IsEnd(near.Wait(ForEver, SockEvents.Recv, out _, stop))),
            (
                "RecvUntilTerminator",
                stop => IsEnd(near.TryRecvUntilTerminator((byte)'\n', line, ForEver, stop))
            ),
            ("SendComplete", stop => IsEnd(near.TrySendComplete(data, ForEver, stop))),
            ("SockPoller.Wait", stop => IsEnd(poller.Wait(ready, ForEver, stop))),
        ];
        List<double>[] took = [.. blocked.Select(_ => new List<double>(rounds))];
        var thread = new Thread(DoJobs);
        thread.Start();
        for (int round = -WarmUp; round < rounds; round++)
        {
            for (int i = 0; i < blocked.Length; i++)
            {
                double ms = TimeOne(blocked[i].Job) * 1e3;
                if (round >= 0)
                {
                    took[i].Add(ms);
                }
            }
        }

        _job = null;
        _go.Release();
        thread.Join();
        near.Dispose();
        far.Dispose();
        Console.WriteLine();
        Console.WriteLine($"from an interrupt to the return, ms, {rounds} times");
        Console.WriteLine(Row, "blocked", "median", "p99", "max");
        double largest = 0;
        for (int i = 0; i < blocked.Length; i++)
        {
            took[i].Sort();
            double p99 = took[i][rounds * 99 / 100];
            Console.WriteLine(Row, blocked[i].Name, took[i][rounds / 2], p99, took[i][^1]);
            largest = Math.Max(largest, p99);
        }

        return largest;
    }

    public void Dispose()
    {
        _go.Dispose();
        _done.Dispose();
    }

    private static bool IsEnd(SockResult result) =>
        result == SockResult.Fail(SocketError.Interrupted);

    private static bool IsEnd(SockOutcome outcome) => outcome.Status == SockStatus.Interrupted;

    private double TimeOne(Func<CancellationToken, bool> job)
    {
        _job = job;
        _interrupt.Reset();
        _go.Release();
        // By then it is asleep in the system.
        Thread.Sleep(1);
        long start = Stopwatch.GetTimestamp();
        _interrupt.Interrupt();
        _done.Wait();
        return _isInterrupted
            ? Stopwatch.GetElapsedTime(start, _returnedAt).TotalSeconds
            : throw new InvalidDataException("It ended, but not as interrupted.");
    }

    private void DoJobs()
    {
        while (true)
        {
            _go.Wait();
            if (_job is null)
            {
                return;
            }

            _isInterrupted = _job(_interrupt);
            _returnedAt = Stopwatch.GetTimestamp();
            _done.Release();
        }
    }
}
