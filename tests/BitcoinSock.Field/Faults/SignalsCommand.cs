using System.CommandLine;
using System.Diagnostics;
using System.Net.Sockets;

namespace BitcoinSock.Field.Faults;

/// <summary>
/// Thousands of signals for the thread that waits, sends and receives: every operation ends as it
/// would without, not early, not late, and with every byte.
/// </summary>
internal sealed class SignalsCommand : Command
{
    private const int SignalsLeast = 1000; // for each row
    private const int Length = 8 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Vain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Late = 10 * Vain; // who began anew at each signal never ends

    private int _passed;
    private int _failed;

    public SignalsCommand()
        : base("signals", "Sends thousands of signals to threads that wait, send and receive.") =>
        SetAction(_ => Run());

    private int Run()
    {
        foreach (WaitMechanism mechanism in Enum.GetValues<WaitMechanism>())
        {
            Row($"Wait in vain, {mechanism}", () => InVain(mechanism, WaitInVain));
            Row($"RecvComplete in vain, {mechanism}", () => InVain(mechanism, RecvInVain));
            Row($"SendComplete in vain, {mechanism}", () => SendInVain(mechanism));
            Row($"SendComplete, {mechanism}", () => Transfer(mechanism, isSender: true));
            Row($"RecvComplete, {mechanism}", () => Transfer(mechanism, isSender: false));
            Row($"ConnectComplete, {mechanism}", () => Connect(mechanism));
        }

        Row("SockPoller in vain, epoll", () => InVain(WaitMechanism.Poll, PollInVain));
        Row("Recv, a call by itself", Call);
        Console.WriteLine($"{_passed} passed, {_failed} failed");
        return _failed == 0 ? 0 : 1;
    }

    private void Row(string name, Func<(string? Wrong, int Signals)> run)
    {
        long start = Stopwatch.GetTimestamp();
        (string? wrong, int signals) = run();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        bool isOk = wrong is null;
        _passed += isOk ? 1 : 0;
        _failed += isOk ? 0 : 1;
        string verdict = isOk ? "ok" : $"FAILED: {wrong}";
        Console.WriteLine($"signal {name, -30} {signals, 6} signals, {seconds:0.0} s: {verdict}");
    }

    private static bool WaitInVain(Sock sock) =>
        sock.Wait(Vain, SockEvents.Recv, out _) == SockResult.Ok(0);

    private static bool RecvInVain(Sock sock) =>
        sock.TryRecvComplete(new byte[1], Vain).Status == SockStatus.Timeout;

    private static bool PollInVain(Sock sock)
    {
        using var poller = new SockPoller();
        poller.Add(sock, SockEvents.Recv);
        return poller.Wait(new ReadySock[1], Vain) == SockResult.Ok(0);
    }

    private static (string?, int) InVain(WaitMechanism mechanism, Func<Sock, bool> isTimeout)
    {
        using var pair = new SockPair(mechanism);
        ((bool Right, TimeSpan Took) end, int signals) = Storm.During(() =>
        {
            long start = Stopwatch.GetTimestamp();
            bool right = isTimeout(pair.Near);
            return (right, Stopwatch.GetElapsedTime(start));
        });
        return (end.Right ? Timing(end.Took, signals) : "it did not end as a timeout", signals);
    }

    private static string? Timing(TimeSpan took, int signals) =>
        took < Vain ? $"early, after {took}"
        : took > Late ? $"late, after {took}"
        : Enough(signals);

    private static string? Enough(int signals) =>
        signals >= SignalsLeast ? null : $"only {signals} signals";

    private static (string?, int) SendInVain(WaitMechanism mechanism)
    {
        using var pair = new SockPair(mechanism);
        byte[] payload = Bytes();
        ((SockOutcome Sent, TimeSpan Took) end, int signals) = Storm.During(() =>
        {
            long start = Stopwatch.GetTimestamp();
            SockOutcome sent = pair.Near.TrySendComplete(payload, Vain);
            return (sent, Stopwatch.GetElapsedTime(start));
        });
        pair.Near.Dispose();
        byte[] got = new byte[payload.Length];
        SockOutcome drained = pair.Far.TryRecvComplete(got, Patience);
        bool isExact =
            drained == new SockOutcome(SockStatus.Closed, end.Sent.Count, 0)
            && got.AsSpan(0, drained.Count).SequenceEqual(payload.AsSpan(0, drained.Count));
        string? wrong =
            end.Sent.Status != SockStatus.Timeout ? $"ended as {end.Sent}"
            : !isExact ? $"counted {end.Sent.Count}, the peer has {drained.Count}"
            : Timing(end.Took, signals);
        return (wrong, signals);
    }

    // The peer dawdles, so that there is something to wait for.
    private static (string?, int) Transfer(WaitMechanism mechanism, bool isSender)
    {
        using var pair = new SockPair(mechanism);
        byte[] payload = Bytes();
        byte[] got = new byte[payload.Length];
        SockOutcome there = default;
        var peer = new Thread(() =>
        {
            const int Piece = 16 * 1024;
            for (int at = 0; at < Length && there.IsOk; at += Piece)
            {
                there = isSender
                    ? pair.Far.TryRecvComplete(got.AsSpan(at, Piece), Patience)
                    : pair.Far.TrySendComplete(payload.AsSpan(at, Piece), Patience);
                Thread.Sleep(1);
            }
        });
        peer.Start();
        (SockOutcome here, int signals) = Storm.During(() =>
            isSender
                ? pair.Near.TrySendComplete(payload, Patience)
                : pair.Near.TryRecvComplete(got, Patience)
        );
        peer.Join();
        string? wrong =
            !here.IsOk ? $"ended as {here}"
            : !got.AsSpan().SequenceEqual(payload) ? "bytes differ"
            : Enough(signals);
        return (wrong, signals);
    }

    // To a unix listener whose backlog is full for a while, where every try is EAGAIN.
    private static (string?, int) Connect(WaitMechanism mechanism)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var endPoint = new UnixDomainSocketEndPoint(path);
        try
        {
            using Sock listener = Sock.Create(AddressFamily.Unix);
            listener.Bind(endPoint).ThrowIfError("bind");
            listener.Listen(0).ThrowIfError("listen");
            using Sock first = Sock.Create(AddressFamily.Unix);
            first.Connect(endPoint).ThrowIfError("connect");
            using Sock near = Sock.Create(AddressFamily.Unix);
            near.Mechanism = mechanism;
            var peer = new Thread(() =>
            {
                Thread.Sleep(Vain);
                listener.Accept(out Sock accepted);
                accepted.Dispose();
            });
            peer.Start();
            (SockOutcome outcome, int signals) = Storm.During(() =>
                near.TryConnectComplete(endPoint, Patience)
            );
            peer.Join();
            return (outcome.IsOk ? Enough(signals) : $"ended as {outcome}", signals);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // Proves that the signals do interrupt: a call never resumes by itself.
    private static (string?, int) Call()
    {
        using var pair = new SockPair(WaitMechanism.Poll);
        (SockResult[] results, int signals) = Storm.During(() =>
            Enumerable.Range(0, SignalsLeast).Select(_ => pair.Near.Recv(new byte[1])).ToArray()
        );
        bool isRight = results.All(each => each == SockResult.Fail(SocketError.Interrupted));
        return (isRight ? null : "a call ended otherwise than as EINTR", signals);
    }

    private static byte[] Bytes()
    {
        byte[] bytes = new byte[Length];
        new Random(Length).NextBytes(bytes);
        return bytes;
    }

    private sealed class SockPair : IDisposable
    {
        public SockPair(WaitMechanism mechanism)
        {
            (Near, Far) = Sock.CreatePair();
            Near.Mechanism = mechanism;
        }

        public Sock Near { get; }

        public Sock Far { get; }

        public void Dispose()
        {
            Near.Dispose();
            Far.Dispose();
        }
    }
}
