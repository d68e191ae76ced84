using System.Diagnostics;
using System.Net.Sockets;

namespace BitcoinSock.Field.Faults;

/// <summary>
/// Calls on the library's own sockets, by which a wait is woken: whoever interrupts sends, and a
/// poller receives. What becomes of them does not show. Their rule is law 13 (an interrupt ends a
/// wait within a slice, though the bell is mute) and law 22 (a bell that could not be silenced
/// makes no later wait spin).
/// </summary>
internal sealed record Waking(string Operation, string Call, string[] Whens, bool ByPoller)
    : Subject(Operation, Call, Whens)
{
    private const int WaitsMost = 8;

    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(100);

    public override Seen Run(Injection injection)
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using Sock one = near;
        using Sock other = far;
        using var poller = new SockPoller();
        poller.Add(near, SockEvents.Recv);
        var interrupt = new ThreadInterrupt();
        var took = new Stopwatch();
        SockResult ended = default;
        SockResult next = default;
        SockResult Wait(TimeSpan timeout, CancellationToken interrupt) =>
            ByPoller
                ? poller.Wait(new ReadySock[1], timeout, interrupt)
                : near.Wait(timeout, SockEvents.Recv, out _, interrupt);
        void WaitTwice()
        {
            ended = Wait(Deadline, interrupt);
            took.Stop();
            // With the same bell.
            next = Wait(Brief, default);
        }

        void Ring()
        {
            Thread.Sleep(Brief);
            took.Start();
            interrupt.Interrupt();
        }

        var untraced = new Thread(ByPoller ? Ring : WaitTwice);
        (_, TracedCalls calls) = Traced.Run(
            injection,
            () =>
            {
                untraced.Start();
                (ByPoller ? (Action)WaitTwice : Ring)();
                return true;
            }
        );
        untraced.Join();
        string? wrong =
            ended != SockResult.Fail(SocketError.Interrupted) ? $"the wait ended as {ended}"
            : took.Elapsed > Deadline / 2 ? $"the wait ended after {took.Elapsed}"
            : next != SockResult.Ok(0) ? $"the next wait, in vain, ended as {next}"
            : calls.Waits > WaitsMost ? $"two waits took {calls.Waits} calls"
            : null;
        return new Seen("Interrupted", wrong, calls.Injected);
    }
}
