using System.Net;
using System.Net.Sockets;

namespace BitcoinSock.Field.Faults;

/// <summary>
/// Accepts from a listener to which clients come one after the other. Each of them is accepted
/// once, in the end, whatever the call said. The rule is that for operations, and what accept(2)
/// says of a connection that is gone passes as well.
/// </summary>
internal sealed record Accepting() : Subject("AcceptComplete", "accept4", ["1", "2", "3", "1+2"])
{
    private const int Clients = 4;

    public override Errno[] Errnos => [.. Errno.All, .. Errno.OfOneConnection, .. Errno.Shortages];

    public override Seen Run(Injection injection)
    {
        using Sock listener = Sock.Create(AddressFamily.InterNetwork);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0)).ThrowIfError("bind");
        listener.Listen(Clients).ThrowIfError("listen");
        listener.GetSockName(out EndPoint? endPoint).ThrowIfError("getsockname");
        var accepted = new List<EndPoint?>();
        var came = new List<EndPoint?>();
        SockOutcome Accept()
        {
            SockOutcome outcome = default;
            while (accepted.Count < Clients && outcome.IsOk)
            {
                outcome = listener.TryAcceptComplete(out Sock? one, out EndPoint? from, Deadline);
                if (one is not null)
                {
                    accepted.Add(from);
                    one.Dispose();
                }
            }

            return outcome;
        }

        var clients = new Thread(() =>
        {
            for (int i = 0; i < Clients; i++)
            {
                using Sock client = Sock.Create(AddressFamily.InterNetwork);
                client.ConnectComplete(endPoint!, Deadline);
                client.GetSockName(out EndPoint? own);
                came.Add(own);
                client.TryRecvComplete(new byte[1], Deadline); // its end: it was accepted
            }
        });
        (SockOutcome outcome, TracedCalls calls) = Traced.Run(
            injection,
            () =>
            {
                clients.Start();
                return Accept();
            }
        );
        SockOutcome rest = Accept();
        clients.Join();
        bool passes =
            injection.Errno.IsTriedAgain || Errno.OfOneConnection.Contains(injection.Errno);
        SockOutcome expected = passes
            ? default
            : new SockOutcome(SockStatus.Failed, 0, injection.Errno.Code);
        string? wrong =
            outcome != expected ? $"ended as {outcome}"
            : rest.IsOk && accepted.SequenceEqual(came) ? null
            : $"{came.Count} came, {accepted.Count} were accepted, then {rest}";
        return new Seen(Tell(outcome), wrong, calls.Injected);
    }
}
