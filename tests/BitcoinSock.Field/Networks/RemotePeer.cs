using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace BitcoinSock.Field.Networks;

/// <summary>What the far end has received until now, and how its last read ended.</summary>
internal sealed record Received(int Count, string Digest, SockStatus Status, int Error)
{
    public static Received Parse(string line)
    {
        string[] words = line.Split(' ');
        return new Received(
            int.Parse(words[0], CultureInfo.InvariantCulture),
            words[1],
            Enum.Parse<SockStatus>(words[2]),
            int.Parse(words[3], CultureInfo.InvariantCulture)
        );
    }
}

/// <summary>The process at the far end, and our connection to it.</summary>
internal sealed class RemotePeer : IDisposable
{
    private static readonly IPAddress Address = IPAddress.Parse(Link.FarAddress);

    private readonly Process _process;

    public RemotePeer(Link link, int receiveBuffer = 0)
    {
        _process = link.StartFar(Environment.ProcessPath!, "peer");
        int port = int.Parse(Ask($"listen {receiveBuffer}"), CultureInfo.InvariantCulture);
        EndPoint = new IPEndPoint(Address, port);
    }

    public IPEndPoint EndPoint { get; }

    public Sock Connect(Action<Sock>? prepare = null)
    {
        Sock sock = Sock.Create(AddressFamily.InterNetwork);
        prepare?.Invoke(sock);
        sock.ConnectComplete(EndPoint, Scenario.Patience);
        Ask("accept");
        return sock;
    }

    /// <summary>Tells it what to do, and waits for the answer.</summary>
    public string Ask(string line)
    {
        Tell(line);
        return Answer();
    }

    /// <summary>Tells it what to do; it answers when it has done that.</summary>
    public void Tell(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    public string Answer() =>
        _process.StandardOutput.ReadLine() ?? throw new WrongException("the peer has ended");

    public Received AskToRead(int count, int piece = Scenario.Piece, int pauseMs = 0) =>
        Received.Parse(Ask($"read {count} {piece} {pauseMs}"));

    public void TellToRead(int count, int pauseMs) =>
        Tell($"read {count} {Scenario.Piece} {pauseMs}");

    public Received HasRead() => Received.Parse(Answer());

    public void Signal(int signal) =>
        Scenario.Require(Kernel.Kill(_process.Id, signal) == 0, $"no signal {signal} to the peer");

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }
}
