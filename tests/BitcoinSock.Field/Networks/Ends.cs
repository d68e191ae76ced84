using System.Net.Sockets;

namespace BitcoinSock.Field.Networks;

/// <summary>The network works, and the process at its other end does what it likes.</summary>
internal static class Ends
{
    private const int Smallest = 1; // the system makes it the least it knows

    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(300);

    public static readonly Scenario[] All =
    [
        new("killed with unread data, sending", KilledWithUnreadData),
        new("killed, nothing unread", Killed),
        new("stopped and continued", StoppedAndContinued),
        new("tiny windows, sending", link => Closing(link, Smallest, pieces: 512)),
        new("tiny windows, receiving", ReceivedByTinyWindow),
        new("closed here at once, slow reader", link => Closing(link, 0, pieces: 8 * 1024)),
        new("SO_LINGER 0 there, receiving", ResetWhileReceiving),
        new("SO_LINGER 0 there, sending", ResetWhileSending),
        new("SO_LINGER 0 here", ResetHere),
        new("nobody listens", NobodyListens),
    ];

    private static string KilledWithUnreadData(Link link)
    {
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect();
        byte[] payload = Payload.Of(Scenario.Large);
        var sending = Scenario.Background(() => near.TrySend(payload, Scenario.Patience));
        Received got = peer.AskToRead(Scenario.Small);
        Scenario.UntilFull(near);
        peer.Kill();
        SockOutcome outcome = sending.Result.Outcome;
        Scenario.RequireEnd(outcome, SockStatus.Failed, Scenario.Reset);
        Scenario.Require(outcome.Count >= got.Count, $"{outcome}, the peer has {got.Count}");
        SockOutcome next = near.TrySend(payload, Scenario.Patience);
        Scenario.RequireEnd(next, SockStatus.Failed, Scenario.Pipe);
        Scenario.Require(!near.IsConnected(out _), "still connected");
        return $"ECONNRESET with {outcome.Count} bytes accepted, {got.Count} read; then EPIPE";
    }

    private static string Killed(Link link)
    {
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect();
        byte[] payload = Payload.Of(Scenario.Small);
        near.SendComplete(payload, Scenario.Patience);
        Scenario.RequirePrefix(peer.AskToRead(Scenario.Small), payload, Scenario.Small);
        peer.Kill();
        SockOutcome outcome = near.TryRecv(new byte[1], Scenario.Patience);
        Scenario.RequireEnd(outcome, SockStatus.Closed);
        Scenario.Require(!near.IsConnected(out string why) && why == "closed", $"'{why}'");
        // Accepted: the system here cannot know yet that nobody is there to read it.
        SockOutcome first = near.TrySend(new byte[1], Scenario.Patience);
        Scenario.RequireEnd(first, SockStatus.Ok);
        Thread.Sleep(Brief);
        SockOutcome second = near.TrySend(payload, Scenario.Patience);
        Scenario.RequireEnd(second, SockStatus.Failed, Scenario.Pipe);
        Scenario.Require(second.Count == 0, $"{second}");
        return "Closed; one more send accepted, then EPIPE";
    }

    private static string StoppedAndContinued(Link link)
    {
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect();
        byte[] payload = Payload.Of(Scenario.Large);
        peer.Signal(Kernel.SIGSTOP);
        SockOutcome first = near.TrySend(payload, Brief);
        Scenario.RequireEnd(first, SockStatus.Timeout);
        Scenario.Require(near.IsConnected(out string why), $"not connected: {why}");
        peer.TellToRead(int.MaxValue / 2, pauseMs: 0);
        var sending = Scenario.Background(() =>
            near.TrySend(payload.AsMemory(first.Count), Scenario.Patience)
        );
        Thread.Sleep(Brief);
        Scenario.Require(!sending.IsCompleted, "it does not read, and yet all was sent");
        peer.Signal(Kernel.SIGCONT);
        Scenario.RequireEnd(sending.Result.Outcome, SockStatus.Ok);
        near.Dispose();
        Scenario.RequirePrefix(peer.HasRead(), payload, payload.Length);
        return $"Timeout with {first.Count} bytes; continued, all {payload.Length} arrived";
    }

    // What was reported sent arrives, though the socket is gone when most of it is still here.
    private static string Closing(Link link, int buffers, int pieces)
    {
        using var peer = new RemotePeer(link, buffers);
        Sock near = peer.Connect(sock => SetBuffer(sock, SocketOptionName.SendBuffer, buffers));
        byte[] payload = Payload.Of(Scenario.Small);
        SockOutcome outcome;
        peer.Tell($"read {int.MaxValue / 2} {pieces} 2");
        using (near)
        {
            outcome = near.TrySend(payload, Scenario.Patience);
        }

        Scenario.RequireEnd(outcome, SockStatus.Ok);
        Received got = peer.HasRead();
        Scenario.RequirePrefix(got, payload, payload.Length);
        Scenario.Require(got.Status == SockStatus.Closed, $"the peer saw {got.Status}, no end");
        return $"{got.Count} bytes arrived, then the end";
    }

    private static string ReceivedByTinyWindow(Link link)
    {
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect(sock =>
            SetBuffer(sock, SocketOptionName.ReceiveBuffer, Smallest)
        );
        byte[] got = new byte[Scenario.Small];
        peer.Tell($"write {got.Length} {Scenario.Piece} 0");
        SockOutcome outcome = near.TryRecv(got, Scenario.Patience);
        Scenario.RequireEnd(outcome, SockStatus.Ok);
        Scenario.Require(got.AsSpan().SequenceEqual(Payload.Of(got.Length)), "other bytes");
        return $"{outcome.Count} bytes arrived";
    }

    private static string ResetWhileReceiving(Link link)
    {
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect();
        byte[] got = new byte[2 * Scenario.Small];
        var receiving = Scenario.Background(() => near.TryRecv(got, Scenario.Patience));
        peer.Ask($"write {Scenario.Small} {Scenario.Piece} 0");
        Thread.Sleep(Brief); // a reset discards what is still under way
        peer.Ask("reset");
        SockOutcome outcome = receiving.Result.Outcome;
        Scenario.RequireEnd(outcome, SockStatus.Failed, Scenario.Reset);
        bool isAll = got.AsSpan(0, outcome.Count).SequenceEqual(Payload.Of(Scenario.Small));
        Scenario.Require(isAll, $"{outcome.Count} bytes, not those {Scenario.Small}");
        Scenario.Require(!near.IsConnected(out _), "still connected");
        return $"ECONNRESET with the {outcome.Count} bytes that came before";
    }

    private static string ResetWhileSending(Link link)
    {
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect();
        byte[] payload = Payload.Of(Scenario.Large);
        var sending = Scenario.Background(() => near.TrySend(payload, Scenario.Patience));
        Received got = peer.AskToRead(Scenario.Small);
        peer.Ask("reset");
        SockOutcome outcome = sending.Result.Outcome;
        Scenario.RequireEnd(outcome, SockStatus.Failed, Scenario.Reset);
        Scenario.Require(outcome.Count >= got.Count, $"{outcome}, the peer has {got.Count}");
        return $"ECONNRESET with {outcome.Count} bytes accepted, {got.Count} read";
    }

    private static string ResetHere(Link link)
    {
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect();
        byte[] payload = Payload.Of(Scenario.Small);
        near.SendComplete(payload, Scenario.Patience);
        Received half = peer.AskToRead(Scenario.Small / 2);
        Scenario.ResetOnClose(near);
        near.Dispose();
        Thread.Sleep(Brief);
        Received got = peer.AskToRead(Scenario.Small);
        Scenario.Require(
            got.Status == SockStatus.Failed && got.Error == Scenario.Reset,
            $"the peer saw {got}"
        );
        Scenario.RequirePrefix(got, payload, got.Count);
        return $"the peer has {half.Count} bytes, {got.Count - half.Count} more, then ECONNRESET";
    }

    private static string NobodyListens(Link link)
    {
        using var peer = new RemotePeer(link);
        peer.Kill();
        using Sock near = Sock.Create(AddressFamily.InterNetwork);
        SockOutcome outcome = near.TryConnect(peer.EndPoint, Scenario.Patience);
        Scenario.RequireEnd(outcome, SockStatus.Failed, Scenario.Refused);
        return "ECONNREFUSED";
    }

    private static void SetBuffer(Sock sock, SocketOptionName name, int size)
    {
        if (size > 0)
        {
            sock.SetSockOpt(SocketOptionLevel.Socket, name, size).ThrowIfError("setsockopt");
        }
    }
}
