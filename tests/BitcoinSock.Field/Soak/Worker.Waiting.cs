using System.Diagnostics;
using System.Net.Sockets;

namespace BitcoinSock.Field.Soak;

// What a thread does by its poller, and what it connects.
internal sealed partial class Worker
{
    private static readonly TimeSpan ForNewOnes = TimeSpan.FromSeconds(20);

    private readonly ReadySock[] _ready = new ReadySock[16];

    private void Poll(End end)
    {
        IfFree(end.Receiving, () => Register(end));
        long start = Stopwatch.GetTimestamp();
        using var leash = new Leash(TimeSpan.FromMilliseconds(_random.Next(3)));
        int count = _poller.Wait(_ready, leash.Timeout, run.Shared).Count;
        Tally.Count("SockPoller.Wait", count > 0 ? SockStatus.Ok : SockStatus.Timeout);
        foreach (ReadySock ready in _ready.AsSpan(0, Math.Max(count, 0)))
        {
            Serve(ready, start);
        }
    }

    private void Register(End end)
    {
        try
        {
            if (end.Channel is Sock sock && !_poller.Modify(sock, SockEvents.Recv))
            {
                _poller.Add(sock, SockEvents.Recv, end);
            }
        }
        catch (SockException refused) when (refused.ErrorCode == Codes.BadHandle)
        {
            if (!end.IsGone && !end.IsReleased)
            {
                Laws.Break(Law.Error, $"{refused.Message} without a cause", end.Link);
            }
        }
    }

    private void Serve(ReadySock ready, long waitStart)
    {
        var end = (End)ready.State!;
        if (end.GoneAt != 0 && end.GoneAt < waitStart)
        {
            Laws.Break(Law.Readiness, "the poller tells of one that was disposed", end.Link);
        }

        IfFree(
            end.Receiving,
            () =>
            {
                if (end.Link.IsEnding || end.Channel != ready.Sock)
                {
                    return;
                }

                // What was there when the wait began is there, unless somebody took it; or it was
                // received before, and is not settled.
                bool isThere =
                    (ready.Occurred & SockEvents.Recv) != 0
                    && end.In.TakenAt < waitStart
                    && end.Frames is not { Reader.IsDeferred: true };
                using var now = new Leash(TimeSpan.Zero);
                if (!Receive(end, now) && isThere)
                {
                    Laws.Break(Law.Readiness, "the poller told of bytes, there are none", end.Link);
                }

                if (end.In.IsEnded)
                {
                    _poller.Remove(ready.Sock);
                }
            }
        );
    }

    // To where nobody answers.
    private void Connect()
    {
        Berth to = harbour.Any(_random);
        using Leash leash = NewLeash();
        (TimeSpan time, CancellationToken stop) = leash;
        SockOutcome outcome;
        bool isDisposed = _random.Next(4) == 0;
        if (isDisposed)
        {
            Tally.Count(Fault.DisposalWhileConnecting);
        }

        Task disposal = Task.CompletedTask;
        bool awaits = _random.Next(2) == 0;
        if (awaits)
        {
            using var sock = new ManagedSock(
                new Socket(to.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified)
            );
            disposal = isDisposed ? Soon(sock) : disposal;
            outcome = Result(sock.TryConnectCompleteAsync(to.EndPoint, time, stop));
        }
        else
        {
            using Sock sock = Sock.Create(to.EndPoint.AddressFamily);
            disposal = isDisposed ? Soon(sock) : disposal;
            outcome = sock.TryConnectComplete(to.EndPoint, time, stop);
        }

        string what = $"{(awaits ? "TryConnectCompleteAsync" : "TryConnectComplete")}, {to.Name}";
        Tally.Count(what, outcome.Status);
        if (leash.Judge(outcome.Status) is (Law law, string wrong))
        {
            Laws.Break(law, $"{what} {wrong}");
        }

        bool hasCause = outcome.Status switch
        {
            SockStatus.Timeout or SockStatus.Interrupted => true,
            SockStatus.Failed => (outcome.Error == Codes.BadHandle && isDisposed)
                || (outcome.Error == Codes.Refused && to.Refuses),
            _ => false,
        };
        if (!hasCause)
        {
            Laws.Break(Law.Error, $"{what} without a cause: {outcome}");
        }

        disposal.GetAwaiter().GetResult();
    }

    private async Task Soon(IDisposable sock)
    {
        await Task.Delay(_random.Next(3)).ConfigureAwait(false);
        sock.Dispose();
    }

    // A connection by ConnectComplete, if need be at the second try.
    private (Sock Connecting, Sock Accepted) Land()
    {
        while (true)
        {
            Sock sock = Sock.Create(AddressFamily.InterNetwork);
            using Leash leash = _random.Next(2) == 0 ? NewLeash() : new Leash(ForNewOnes);
            SockOutcome outcome = sock.TryConnectComplete(
                _landing.EndPoint,
                leash.Timeout,
                leash.Interrupt
            );
            Tally.Count("TryConnectComplete, to a listener", outcome.Status);
            if (leash.Judge(outcome.Status) is (Law law, string wrong))
            {
                Laws.Break(law, $"TryConnectComplete {wrong}");
            }

            if (outcome.IsOk)
            {
                return (sock, _landing.Accept(sock));
            }

            if (outcome.Status == SockStatus.Failed)
            {
                Laws.Break(Law.Error, $"TryConnectComplete to a listener: {outcome}");
            }

            sock.Dispose();
        }
    }
}
