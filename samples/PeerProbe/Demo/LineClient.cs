using System.Net;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// The near end of a scene of questions and answers: it prints them, with their cost.
/// </summary>
internal sealed class LineClient : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private const int LineMax = 64 * 1024;
    private const int ShownMax = 40;

    private readonly Story _story;
    private readonly Stutter _server;
    private readonly CountedSock _counted;

    public LineClient(Story story, EndPoint endPoint, Stutter server)
    {
        (_story, _server) = (story, server);
        Sock = Sock.Create(endPoint.AddressFamily);
        Sock.ConnectComplete(endPoint, Patience);
        _counted = new CountedSock(Sock);
    }

    public Sock Sock { get; }

    /// <summary>How many bytes could be read now.</summary>
    public int Left =>
        Math.Max(0, Sock.Recv(new byte[100], SockFlags.Peek | SockFlags.DontWait).Count);

    public void Say(string line)
    {
        _counted.SendComplete(line, Patience);
        _story.Tell($"> {line.TrimEnd()}");
    }

    public string Hear()
    {
        int recvs = _counted.Recvs;
        int waits = _counted.Waits;
        string line = _counted
            .RecvUntilTerminator((byte)'\n', Patience, default, LineMax)
            .TrimEnd('\r');
        string cost =
            $"{_server.Fragments.Take(), 3} fragments, "
            + $"{_counted.Recvs - recvs, 3} recv, {_counted.Waits - waits, 3} wait";
        string shown = line.Length <= ShownMax ? line : $"{line[..16]}... ({line.Length} bytes)";
        _story.Tell($"< {shown}", cost);
        return line;
    }

    public void Dispose() => Sock.Dispose();
}
