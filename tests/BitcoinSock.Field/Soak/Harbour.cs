using System.Net;
using System.Net.Sockets;

namespace BitcoinSock.Field.Soak;

/// <summary>Where one can connect to in vain.</summary>
internal sealed record Berth(string Name, EndPoint EndPoint, bool Refuses);

/// <summary>A port that refuses, and listeners whose backlog is full.</summary>
internal sealed class Harbour : IDisposable
{
    private const int FillersMax = 16;

    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(300);

    private readonly List<Sock> _held = [];
    private readonly Berth[] _berths;

    public Harbour()
    {
        var path = new UnixDomainSocketEndPoint($"\0BitcoinSock.Field.{Environment.ProcessId}");
        _berths =
        [
            new Berth("to a port that refuses", Bound(new IPEndPoint(IPAddress.Loopback, 0)), true),
            Full("to a full backlog", Bound(new IPEndPoint(IPAddress.Loopback, 0))),
            Full("to a full unix backlog", Bound(path)),
        ];
    }

    public Berth Any(Random random) => _berths[random.Next(_berths.Length)];

    public void Dispose() => _held.ForEach(sock => sock.Dispose());

    private EndPoint Bound(EndPoint wanted)
    {
        Sock sock = Sock.Create(wanted.AddressFamily);
        _held.Add(sock);
        sock.Bind(wanted).ThrowIfError("bind");
        sock.GetSockName(out EndPoint? name).ThrowIfError("getsockname");
        return wanted is IPEndPoint ? name! : wanted;
    }

    private Berth Full(string name, EndPoint endPoint)
    {
        _held[^1].Listen(0).ThrowIfError("listen");
        for (int i = 0; i < FillersMax; i++)
        {
            Sock filler = Sock.Create(endPoint.AddressFamily);
            _held.Add(filler);
            if (!filler.TryConnectComplete(endPoint, Brief).IsOk)
            {
                return new Berth(name, endPoint, false);
            }
        }

        throw new InvalidOperationException($"{endPoint} takes more than its backlog.");
    }
}

/// <summary>A listener that connections are made with.</summary>
internal sealed class Landing : IDisposable
{
    private readonly Sock _listener = Sock.Create(AddressFamily.InterNetwork);

    public Landing()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0)).ThrowIfError("bind");
        _listener.Listen(128).ThrowIfError("listen");
        _listener.GetSockName(out EndPoint? name).ThrowIfError("getsockname");
        EndPoint = name!;
    }

    public EndPoint EndPoint { get; }

    /// <summary>The other end of a connection; those that were given up are disposed.</summary>
    public Sock Accept(Sock connected)
    {
        connected.GetSockName(out EndPoint? own).ThrowIfError("getsockname");
        while (true)
        {
            _listener.Accept(out Sock accepted, out EndPoint? peer).ThrowIfError("accept");
            if (own!.Equals(peer))
            {
                return accepted;
            }

            accepted.Dispose();
        }
    }

    public void Dispose() => _listener.Dispose();
}
