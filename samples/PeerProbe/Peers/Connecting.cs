using System.Diagnostics;
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
    public static Sock To(
        HostPort peer,
        TimeSpan timeout,
        CancellationToken interrupt,
        string advice
    )
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            IPAddress[] addresses = Resolve(peer.Host, timeout, interrupt);
            SockOutcome last = default;
            for (int i = 0; i < addresses.Length; i++)
            {
                // The first address may be a black hole: each gets its share of what is left.
                TimeSpan left = timeout - Stopwatch.GetElapsedTime(start);
                TimeSpan share = left / (addresses.Length - i);
                var endPoint = new IPEndPoint(addresses[i], peer.Port);
                last = TryOne(endPoint, share, interrupt, out Sock sock);
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
            string happened = $"no connection to {peer} within {timeout.TotalSeconds:0.###} s";
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
    private static IPAddress[] Resolve(
        string host,
        TimeSpan timeout,
        CancellationToken interrupt
    ) =>
        IPAddress.TryParse(host, out IPAddress? address)
            ? [address]
            : Dns.GetHostAddressesAsync(host, CancellationToken.None)
                .WaitAsync(timeout, interrupt)
                .GetAwaiter()
                .GetResult();

    private static SockOutcome TryOne(
        IPEndPoint endPoint,
        TimeSpan share,
        CancellationToken interrupt,
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

        TimeSpan positive = share > TimeSpan.Zero ? share : TimeSpan.Zero;
        SockOutcome outcome = sock.TryConnectComplete(endPoint, positive, interrupt);
        if (!outcome.IsOk)
        {
            sock.Dispose();
        }

        return outcome;
    }
}
