using System.Net;
using System.Net.Sockets;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// From a name and a port to a connected socket: every address of the name in turn.
/// </summary>
internal static class Connecting
{
    private const string Nothing = "nothing was sent or received";

    /// <exception cref="ProbeFailure">No address answered, or there is none.</exception>
    public static Sock To(HostPort peer, Errand errand, string advice)
    {
        try
        {
            IPAddress[] addresses = Resolve(peer.Host, errand);
            SockOutcome last = default;
            for (int i = 0; i < addresses.Length; i++)
            {
                // The first address may be a black hole: each gets its share of what is left.
                TimeSpan share = errand.Left / (addresses.Length - i);
                var endPoint = new IPEndPoint(addresses[i], peer.Port);
                last = TryOne(endPoint, share, errand, out Sock sock);
                if (last.IsOk)
                {
                    return sock;
                }
            }

            throw last.Status switch
            {
                SockStatus.Interrupted => new OperationCanceledException(),
                SockStatus.Timeout => new TimeoutException(),
                _ => NoConnection(
                    NetworkError.NetworkErrorString(last.Error),
                    $"start it; {advice}"
                ),
            };
        }
        catch (OperationCanceledException)
        {
            string happened = $"interrupted while connecting to {peer}";
            throw new ProbeFailure(ExitCode.Interrupted, happened, Nothing, "the same again");
        }
        catch (TimeoutException)
        {
            double seconds = errand.Timeout.TotalSeconds;
            string happened = $"no connection to {peer} within {seconds:0.###} s";
            throw new ProbeFailure(ExitCode.Timeout, happened, Nothing, $"the address; {advice}");
        }
        catch (Exception unknown) when (unknown is SocketException or ArgumentException)
        {
            throw NoConnection(
                $"no such name ({unknown.Message})",
                "its address in place of the name"
            );
        }

        ProbeFailure NoConnection(string why, string whatToDo)
        {
            string happened = $"no connection to {peer}: {why}";
            return new ProbeFailure(ExitCode.NoConnection, happened, Nothing, whatToDo);
        }
    }

    // The system's resolver cannot be interrupted, but nobody has to wait for it.
    private static IPAddress[] Resolve(string host, Errand errand)
    {
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            return [address];
        }

        errand.Trace($"look up {Printable.Text(host)}");
        return Dns.GetHostAddressesAsync(host, CancellationToken.None)
            .WaitAsync(errand.Left, errand.Interrupt)
            .GetAwaiter()
            .GetResult();
    }

    private static SockOutcome TryOne(
        IPEndPoint endPoint,
        TimeSpan share,
        Errand errand,
        out Sock sock
    )
    {
        sock = new Sock();
        try
        {
            sock = Sock.Create(endPoint.AddressFamily);
        }
        catch (SockException refused)
        {
            // No IPv6 on this machine, for instance.
            return new SockOutcome(refused.Status, 0, refused.ErrorCode);
        }

        var traced = new TracedSock(sock, errand);
        SockOutcome outcome = traced.TryConnectComplete(endPoint, share, errand.Interrupt);
        if (!outcome.IsOk)
        {
            sock.Dispose();
        }

        return outcome;
    }
}
