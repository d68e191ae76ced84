using System.Net.Sockets;

namespace BitcoinSock.Field.Networks;

/// <summary>The network fails, and comes back or does not.</summary>
internal static class Cuts
{
    private const int IpProtoTcp = 6;
    private const int TcpKeepIdle = 4;
    private const int TcpKeepInterval = 5;
    private const int TcpKeepCount = 6;
    private const int TcpUserTimeout = 18;

    private static readonly TimeSpan CutFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    public static readonly Scenario[] All =
    [
        new("cut and restored while sending", link => Sent(link, link.Cut, link.Restore)),
        new("cut and restored while receiving", ReceivedThroughCut),
        new(
            "address gone and back while sending",
            link => Sent(link, link.TakeAddress, link.GiveAddress)
        ),
        new("cut, deadline, restored", TimedOutThenRestored),
        new("cut for good, TCP_USER_TIMEOUT", UserTimeout),
        new("half-open, keepalive", KeepAlive),
        new("half-open, sending, then a reset", HalfOpenSending),
        new("connecting over a cut link", Connecting),
    ];

    // A quarter of it has arrived, and the peer goes on reading, when it happens. As slowly that
    // it must happen long before so much is read that the systems' buffers hold the rest.
    private static Task<(SockOutcome Outcome, TimeSpan Took)> CutWhileSending(
        RemotePeer peer,
        Sock near,
        byte[] payload,
        TimeSpan deadline,
        Action cut
    )
    {
        var sending = Scenario.Background(() => near.TrySend(payload, deadline));
        peer.AskToRead(payload.Length / 4);
        peer.TellToRead(int.MaxValue / 2, pauseMs: 5);
        Thread.Sleep(50);
        cut();
        Scenario.Require(!sending.IsCompleted, "it was over before the cut");
        return sending;
    }

    private static string Sent(Link link, Action cut, Action restore)
    {
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect();
        byte[] payload = Payload.Of(Scenario.Large);
        var sending = CutWhileSending(peer, near, payload, Scenario.Patience, cut);
        Thread.Sleep(CutFor);
        restore();
        (SockOutcome outcome, TimeSpan took) = sending.Result;
        Scenario.RequireEnd(outcome, SockStatus.Ok);
        near.Dispose();
        Received got = peer.HasRead();
        Scenario.RequirePrefix(got, payload, payload.Length);
        Scenario.Require(got.Status == SockStatus.Closed, $"the peer saw {got.Status}, no end");
        return $"{got.Count} bytes arrived, {took.TotalSeconds:0.0} s";
    }

    private static string ReceivedThroughCut(Link link)
    {
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect();
        byte[] got = new byte[Scenario.Large];
        peer.Tell($"write {got.Length} {Scenario.Piece} 3");
        var receiving = Scenario.Background(() => near.TryRecv(got, Scenario.Patience));
        Thread.Sleep(200);
        link.Cut();
        Scenario.Require(!receiving.IsCompleted, "it was over before the cut");
        Thread.Sleep(CutFor);
        link.Restore();
        (SockOutcome outcome, TimeSpan took) = receiving.Result;
        Scenario.RequireEnd(outcome, SockStatus.Ok);
        Scenario.Require(got.AsSpan().SequenceEqual(Payload.Of(got.Length)), "other bytes");
        peer.Answer();
        return $"{outcome.Count} bytes arrived, {took.TotalSeconds:0.0} s";
    }

    private static string TimedOutThenRestored(Link link)
    {
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect();
        byte[] payload = Payload.Of(Scenario.Large);
        var sending = CutWhileSending(peer, near, payload, Deadline, link.Cut);
        (SockOutcome outcome, TimeSpan took) = sending.Result;
        link.Restore();
        Scenario.RequireEnd(outcome, SockStatus.Timeout);
        Scenario.Require(took >= Deadline, $"early, after {took}");
        near.Dispose();
        Received got = peer.HasRead();
        Scenario.RequirePrefix(got, payload, outcome.Count);
        Scenario.Require(got.Status == SockStatus.Closed, $"the peer saw {got.Status}, no end");
        return $"Timeout after {took.TotalSeconds:0.0} s with {outcome.Count} bytes, "
            + "which arrived in the end, and no more";
    }

    private static string UserTimeout(Link link)
    {
        const int Milliseconds = 1000;
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect(sock => Set(sock, TcpUserTimeout, Milliseconds));
        byte[] payload = Payload.Of(Scenario.Large);
        var sending = CutWhileSending(peer, near, payload, Scenario.Patience, link.Cut);
        (SockOutcome outcome, TimeSpan took) = sending.Result;
        link.Restore();
        Scenario.RequireEnd(outcome, SockStatus.Failed, Scenario.TimedOut);
        near.Dispose();
        Received got = peer.HasRead();
        Scenario.Require(got.Count <= outcome.Count, $"{outcome}, the peer has {got.Count}");
        Scenario.RequirePrefix(got, payload, got.Count);
        return $"ETIMEDOUT after {took.TotalSeconds:0.0} s; "
            + $"{outcome.Count} bytes accepted, {got.Count} of them arrived";
    }

    private static string KeepAlive(Link link)
    {
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect(sock =>
        {
            sock.SetSockOpt(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, 1)
                .ThrowIfError("setsockopt");
            Set(sock, TcpKeepIdle, 1);
            Set(sock, TcpKeepInterval, 1);
            Set(sock, TcpKeepCount, 2);
        });
        Vanish(link, peer, near);
        Scenario.Require(near.IsConnected(out string why), $"not connected: {why}");
        byte[] buffer = new byte[1];
        SockOutcome nothing = near.TryRecv(buffer, TimeSpan.FromMilliseconds(100));
        Scenario.RequireEnd(nothing, SockStatus.Timeout);
        var receiving = Scenario.Background(() => near.TryRecv(buffer, Scenario.Patience));
        (SockOutcome outcome, TimeSpan took) = receiving.Result;
        link.Restore();
        Scenario.RequireEnd(outcome, SockStatus.Failed, Scenario.TimedOut);
        Scenario.Require(!near.IsConnected(out _), "still connected");
        return $"connected and silent, then ETIMEDOUT after {took.TotalSeconds:0.0} s";
    }

    private static string HalfOpenSending(Link link)
    {
        using var peer = new RemotePeer(link);
        using Sock near = peer.Connect();
        Vanish(link, peer, near);
        Scenario.Require(near.IsConnected(out string why), $"not connected: {why}");
        byte[] payload = Payload.Of(Scenario.Large);
        TimeSpan deadline = TimeSpan.FromMilliseconds(500);
        (SockOutcome outcome, TimeSpan took) = Scenario
            .Background(() => near.TrySend(payload, deadline))
            .Result;
        Scenario.RequireEnd(outcome, SockStatus.Timeout);
        Scenario.Require(took >= deadline, $"early, after {took}");
        link.Restore();
        SockOutcome rest = near.TrySend(payload.AsMemory(outcome.Count), Scenario.Patience);
        Scenario.RequireEnd(rest, SockStatus.Failed, Scenario.Reset);
        return $"connected; Timeout after {took.TotalSeconds:0.0} s with {outcome.Count} bytes; "
            + $"restored, ECONNRESET with {rest.Count} more";
    }

    // Nobody here is told. Data that it has not read makes the system there say so once, by a reset
    // that does not come through; a FIN would be said again, and heard when the link is restored.
    private static void Vanish(Link link, RemotePeer peer, Sock near)
    {
        near.SendComplete("unread", Scenario.Patience);
        Thread.Sleep(300); // until it has arrived
        link.Cut();
        peer.Kill();
    }

    private static string Connecting(Link link)
    {
        using var peer = new RemotePeer(link);
        TimeSpan deadline = TimeSpan.FromMilliseconds(300);
        link.Cut();
        using Sock first = NewSock();
        (SockOutcome outcome, TimeSpan took) = Scenario
            .Background(() => first.TryConnect(peer.EndPoint, deadline))
            .Result;
        Scenario.RequireEnd(outcome, SockStatus.Timeout);
        Scenario.Require(took >= deadline, $"early, after {took}");
        using Sock second = NewSock();
        var connecting = Scenario.Background(() =>
            second.TryConnect(peer.EndPoint, Scenario.Patience)
        );
        Thread.Sleep(deadline);
        link.Restore();
        (outcome, took) = connecting.Result;
        Scenario.RequireEnd(outcome, SockStatus.Ok);
        return $"Timeout at the deadline; restored, Ok after {took.TotalSeconds:0.0} s";
    }

    private static Sock NewSock() => Sock.Create(AddressFamily.InterNetwork);

    private static void Set(Sock sock, int option, int value) =>
        sock.SetSockOpt(IpProtoTcp, option, BitConverter.GetBytes(value))
            .ThrowIfError("setsockopt");
}
