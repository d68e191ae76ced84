using System.Net;
using System.Net.Sockets;
using BitcoinSock;

namespace LineServer;

/// <summary>What strangers may take.</summary>
/// <param name="Connections">How many at a time; who comes later waits to be accepted.</param>
/// <param name="Line">How many bytes a line may have, without its end.</param>
/// <param name="Idle">For how long a client may neither end a line nor take its replies.</param>
internal sealed record Limits(int Connections, int Line, TimeSpan Idle);

/// <summary>
/// Answers lines, for many clients in one thread: whoever is ready gets a turn, and no turn waits.
/// </summary>
internal sealed class Server : IDisposable
{
    private const int AcceptsPerTurn = 64;
    private const int Backlog = 4096;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly Limits _limits;
    private readonly Sock _listener = Sock.Create(AddressFamily.InterNetwork);
    private readonly SockPoller _poller = new();
    private readonly HashSet<Connection> _connections = [];
    private readonly ReadySock[] _ready = new ReadySock[256];
    private bool _isAccepting = true;
    private long _nextTickMs;

    /// <exception cref="SockException">The port cannot be had.</exception>
    public Server(int port, Limits limits)
    {
        _limits = limits;
        Rehearse();
        _listener.SetSockOpt(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, 1);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port)).ThrowIfError("bind");
        _listener.Listen(Backlog).ThrowIfError("listen");
        _listener.GetSockName(out EndPoint? endPoint).ThrowIfError("getsockname");
        EndPoint = endPoint!;
        _poller.Add(_listener, SockEvents.Recv);
    }

    public EndPoint EndPoint { get; }

    /// <summary>How many clients were accepted.</summary>
    public int Accepted { get; private set; }

    /// <summary>How many of them were dropped because nothing came or went.</summary>
    public int Idle { get; private set; }

    /// <summary>
    /// Serves until it is told to stop, then lets everybody have the replies that are due.
    /// </summary>
    public void Run(CancellationToken stop)
    {
        // Under load there is always somebody ready, and a wait that finds somebody says so before
        // it says that it was interrupted.
        while (!stop.IsCancellationRequested)
        {
            Round(stop);
        }

        _listener.Dispose();
        foreach (Connection each in _connections.ToArray())
        {
            each.Leave();
            Turn(each);
        }

        long endMs = Environment.TickCount64 + (long)Grace.TotalMilliseconds;
        while (_connections.Count > 0 && Environment.TickCount64 < endMs)
        {
            Round(CancellationToken.None);
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (Connection each in _connections)
        {
            each.Dispose();
        }

        _poller.Dispose();
    }

    // The runtime loads what it needs when it first does, and takes a descriptor for that. By then
    // strangers may have them all: so the first lines are our own.
    private void Rehearse()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        Admit(near);
        foreach (string part in (string[])["in ", "parts\n", "time\n", "quit\n"])
        {
            far.SendComplete(part, Tick);
            Round(CancellationToken.None);
        }

        far.Dispose();
        while (_connections.Count > 0)
        {
            Round(CancellationToken.None);
        }

        Accepted = 0;
    }

    private void Round(CancellationToken stop)
    {
        SockResult found = _poller.Wait(_ready, Tick, stop);
        if (found.IsError && NetworkError.IoErrorIsPermanent(found.Error))
        {
            found.ThrowIfError("wait");
        }

        for (int i = 0; i < found.Count; i++)
        {
            if (_ready[i].State is Connection connection)
            {
                Turn(connection);
            }
            else
            {
                Accept();
            }
        }

        if (Environment.TickCount64 >= _nextTickMs)
        {
            _nextTickMs = Environment.TickCount64 + (long)Tick.TotalMilliseconds;
            DropIdle();
            SetAccepting(_connections.Count < _limits.Connections);
        }
    }

    private void Turn(Connection connection)
    {
        SockEvents next = connection.Turn();
        if (next == SockEvents.None)
        {
            Drop(connection);
        }
        else if (next != connection.Awaited)
        {
            connection.Awaited = next;
            _poller.Modify(connection.Sock, next);
        }
    }

    private void Accept()
    {
        for (int i = 0; i < AcceptsPerTurn && _connections.Count < _limits.Connections; i++)
        {
            // A client may be gone between the wait and this.
            SockOutcome accepted = _listener.TryAcceptComplete(out Sock? client, TimeSpan.Zero);
            if (client is not null)
            {
                Admit(client);
            }
            else
            {
                // No descriptor left, most likely. Whoever waits is told of again at once, so look
                // away until the next tick.
                SetAccepting(accepted.Status != SockStatus.Failed);
                return;
            }
        }

        SetAccepting(_connections.Count < _limits.Connections);
    }

    private void Admit(Sock client)
    {
        Accepted++;
        var connection = new Connection(client, _limits.Line);
        try
        {
            _poller.Add(client, connection.Awaited, connection);
            _connections.Add(connection);
        }
        catch (SockException)
        {
            connection.Dispose(); // the system has no memory for one more
        }
    }

    private void SetAccepting(bool isAccepting)
    {
        if (isAccepting != _isAccepting)
        {
            _isAccepting = isAccepting;
            _poller.Modify(_listener, isAccepting ? SockEvents.Recv : SockEvents.None);
        }
    }

    private void DropIdle()
    {
        long sinceMs = Environment.TickCount64 - (long)_limits.Idle.TotalMilliseconds;
        foreach (Connection each in _connections.Where(one => one.LastActiveMs < sinceMs).ToArray())
        {
            Idle++;
            Drop(each);
        }
    }

    // Closing it ends its registration as well.
    private void Drop(Connection connection)
    {
        connection.Dispose();
        _connections.Remove(connection);
        SetAccepting(_connections.Count < _limits.Connections);
    }
}
