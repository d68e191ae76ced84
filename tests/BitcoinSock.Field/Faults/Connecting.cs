using System.Net;
using System.Net.Sockets;

namespace BitcoinSock.Field.Faults;

/// <summary>Connects; what is connected then talks to that peer.</summary>
internal sealed record Connecting(string Call, AddressFamily Family, string[] Whens)
    : Subject($"ConnectComplete, {(Family == AddressFamily.Unix ? "unix" : "TCP")}", Call, Whens)
{
    // How long a unix listener's backlog stays full: so long connecting is EAGAIN, and tried again.
    private static readonly TimeSpan Full = TimeSpan.FromMilliseconds(400);

    public override Seen Run(Injection injection)
    {
        bool isUnix = Family == AddressFamily.Unix;
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        EndPoint? endPoint = isUnix
            ? new UnixDomainSocketEndPoint(path)
            : new IPEndPoint(IPAddress.Loopback, 0);
        try
        {
            using Sock listener = Sock.Create(Family);
            listener.Bind(endPoint).ThrowIfError("bind");
            listener.Listen(isUnix ? 0 : 16).ThrowIfError("listen");
            listener.GetSockName(out endPoint).ThrowIfError("getsockname");
            using Sock first = Sock.Create(Family);
            first.Connect(endPoint!).ThrowIfError("connect");
            using Sock near = Sock.Create(Family);
            Sock far = new();
            var peer = new Thread(() => far = AcceptSecond(listener, injection));
            (SockOutcome outcome, TracedCalls calls) = Traced.Run(
                injection,
                () =>
                {
                    peer.Start();
                    return near.TryConnectComplete(endPoint!, Deadline);
                }
            );
            if (!outcome.IsOk)
            {
                // Whoever accepts waits for a second connection.
                using Sock instead = Sock.Create(Family);
                instead.TryConnectComplete(endPoint!, Deadline);
            }

            peer.Join();
            using Sock closing = far;
            string? wrong = outcome.IsOk && !Talk(near, far) ? "not connected to its peer" : null;
            return new Seen(Tell(outcome), Judge(injection, outcome) ?? wrong, calls.Injected);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Sock AcceptSecond(Sock listener, Injection injection)
    {
        if (injection.Call == "connect")
        {
            Thread.Sleep(Full);
        }

        listener.Accept(out Sock first).ThrowIfError("accept");
        first.Dispose();
        listener.Accept(out Sock second).ThrowIfError("accept");
        return second;
    }

    private static bool Talk(Sock near, Sock far)
    {
        byte[] got = new byte[1];
        return near.TrySendComplete([42], Deadline).IsOk
            && far.TryRecvComplete(got, Deadline).IsOk
            && got[0] == 42;
    }
}
