using System.Net.Sockets;

namespace BitcoinSock.Field.Faults;

/// <summary>
/// Questions that are answered at once, asked several times in a row. A code that is gone through
/// does not show; of the others exactly that answer is the code, and the ones behind it are right
/// again.
/// </summary>
internal sealed record Asking(
    string Operation,
    string Call,
    Func<Sock, SockResult> Ask,
    Func<Errno, bool> IsGoneThrough
) : Subject(Operation, Call, ["1", "2", "3", "5", "8", "1+2", "2+3"])
{
    private const int Times = 8;

    public static SockResult Connected(Sock sock) =>
        sock.IsConnected(out string why) ? SockResult.Ok(1)
        : Errno.All.FirstOrDefault(each => NetworkError.NetworkErrorString(each.Code) == why)
            is Errno told
            ? SockResult.Fail(told.Code)
        : SockResult.Fail(SocketError.SocketError);

    public static SockResult WaitByPoll(Sock sock) => Wait(sock, WaitMechanism.Poll);

    public static SockResult WaitBySelect(Sock sock) => Wait(sock, WaitMechanism.Select);

    public static SockResult WaitByPoller(Sock sock)
    {
        using var poller = new SockPoller();
        poller.Add(sock, SockEvents.Recv);
        return poller.Wait(new ReadySock[1], Deadline);
    }

    public override Seen Run(Injection injection)
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using Sock one = near;
        using Sock other = far;
        far.Send([1]).ThrowIfError("send");
        (SockResult[] answers, TracedCalls calls) = Traced.Run(
            injection,
            () => Enumerable.Range(0, Times).Select(_ => Ask(near)).ToArray()
        );
        bool isGoneThrough = IsGoneThrough(injection.Errno);
        int[] failed = [.. Enumerable.Range(1, Times).Where(n => answers[n - 1].IsError)];
        bool isRight =
            isGoneThrough ? failed.Length == 0
            : injection.Repeats ? failed.Length == calls.Injected && failed[0] == injection.First
            : failed.SequenceEqual([injection.First]);
        bool isCode = failed.All(n => answers[n - 1].Error == injection.Errno.Code);
        SockOutcome outcome =
            failed.Length == 0
                ? new SockOutcome(SockStatus.Ok, Times, 0)
                : new SockOutcome(SockStatus.Failed, 0, answers[failed[0] - 1].Error);
        string? wrong = isRight && isCode ? null : $"answered {string.Join(", ", answers)}";
        return new Seen(Tell(outcome), wrong, calls.Injected);
    }

    private static SockResult Wait(Sock sock, WaitMechanism mechanism)
    {
        sock.Mechanism = mechanism;
        return sock.Wait(Deadline, SockEvents.Recv, out _);
    }
}
