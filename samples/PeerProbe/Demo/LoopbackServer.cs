using System.Net;
using System.Net.Sockets;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// A line server on a free port of loopback and a thread of its own: one connection after the
/// other, until it is disposed.
/// </summary>
internal sealed class LoopbackServer : IDisposable
{
    private const int LineMax = 1024;

    private readonly Sock _listener = Sock.Create(AddressFamily.InterNetwork);
    private readonly ThreadInterrupt _stop = new();
    private readonly Action<Sock, string> _answer;
    private readonly Thread _thread;

    public LoopbackServer(Action<Sock, string> answer)
    {
        _answer = answer;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0)).ThrowIfError("bind");
        _listener.Listen(1).ThrowIfError("listen");
        _listener.GetSockName(out EndPoint? endPoint).ThrowIfError("getsockname");
        EndPoint = endPoint!;
        _thread = new Thread(Serve);
        _thread.Start();
    }

    public EndPoint EndPoint { get; }

    public void Dispose()
    {
        _stop.Interrupt();
        _thread.Join();
        _listener.Dispose();
    }

    private void Serve()
    {
        while (_listener.TryAcceptComplete(out Sock? client, Timeout.InfiniteTimeSpan, _stop).IsOk)
        {
            using Sock accepted = client!;
            accepted.SetSockOpt(SocketOptionLevel.Tcp, SocketOptionName.NoDelay, 1);
            ServeOne(accepted);
        }
    }

    private void ServeOne(Sock client)
    {
        try
        {
            while (true)
            {
                TimeSpan forEver = Timeout.InfiniteTimeSpan;
                _answer(client, client.RecvUntilTerminator((byte)'\n', forEver, _stop, LineMax));
            }
        }
        catch (Exception end) when (end is SockException or SockInterruptedException)
        {
            // The client has gone, or the scene is over.
        }
    }
}
