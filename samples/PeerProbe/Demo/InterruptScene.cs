using System.Diagnostics;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// How soon a thread that is blocked for ever comes back when another one interrupts it.
/// </summary>
internal static class InterruptScene
{
    private const int WarmUp = 20;
    private const int Rounds = 200;
    private static readonly TimeSpan ForEver = Timeout.InfiniteTimeSpan;

    public static void Play(Story story)
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using (near)
        using (far)
        {
            var counted = new CountedSock(near);
            byte[] data = new byte[64 * 1024];
            while (near.TrySendComplete(data, TimeSpan.FromMilliseconds(50)).IsOk)
            {
                // Until the peer's buffer is full, so that the next send blocks.
            }

            story.Tell($"{Rounds} times each", "   median        p99        max");
            Report(
                story,
                "read",
                counted,
                interrupt =>
                    counted.TryRecvUntilTerminator((byte)'\n', new byte[100], ForEver, interrupt)
            );
            Report(
                story,
                "send",
                counted,
                interrupt => counted.TrySendComplete(data, ForEver, interrupt)
            );
        }
    }

    private static void Report(
        Story story,
        string what,
        CountedSock counted,
        Func<CancellationToken, SockOutcome> blocked
    )
    {
        var interrupt = new ThreadInterrupt();
        int interrupted = 0;
        List<double> tookMs = [];
        for (int round = 0; round < WarmUp + Rounds; round++)
        {
            int waits = counted.Waits;
            Task<(SockOutcome Outcome, long At)> waiter = Task.Factory.StartNew(
                () => (blocked(interrupt), Stopwatch.GetTimestamp()),
                TaskCreationOptions.LongRunning
            );
            SpinWait.SpinUntil(() => counted.Waits > waits || waiter.IsCompleted);

            // It is about to wait; a moment later it is asleep in the system.
            Thread.Sleep(1);
            long at = Stopwatch.GetTimestamp();
            interrupt.Interrupt();
            tookMs.Add(Stopwatch.GetElapsedTime(at, waiter.Result.At).TotalMilliseconds);
            interrupted += waiter.Result.Outcome.Status == SockStatus.Interrupted ? 1 : 0;
            interrupt.Reset();
        }

        tookMs.RemoveRange(0, WarmUp);
        tookMs.Sort();
        (double median, double p99, double max) = (tookMs[Rounds / 2], tookMs[^3], tookMs[^1]);
        story.Tell(
            $"blocked {what}",
            $"{median, 6:0.000} ms  {p99, 6:0.000} ms  {max, 6:0.000} ms"
        );
        story.Check($"every {what} ended as interrupted", WarmUp + Rounds, interrupted);
        story.Check(
            "at once, not at the next look round",
            max < Sock.MaxWaitForIo.TotalMilliseconds,
            $"less than {Sock.MaxWaitForIo.TotalMilliseconds} ms",
            $"{max:0.000} ms"
        );
    }
}
