using System.Net;
using System.Net.Sockets;
using BitcoinSock;

namespace LineServer;

/// <summary>
/// One end of the load: it is told when its socket is ready, or its time has come.
/// </summary>
internal abstract class Client(Crowd crowd)
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    protected Crowd Crowd => crowd;

    protected Sock Sock { get; private set; } = new();

    /// <summary>Its time has come.</summary>
    public abstract void OnDue();

    /// <summary>Its socket is ready.</summary>
    public abstract void OnReady();

    /// <summary>Ends the connection without a trace: no port is left waiting behind it.</summary>
    public void Abort()
    {
        if (!Sock.IsEmpty)
        {
            using Socket socket = Sock.ToSocket();
            socket.LingerState = new LingerOption(true, 0);
        }
    }

    protected void Connect(SockEvents awaited)
    {
        Sock = Sock.Create(AddressFamily.InterNetwork);
        Sock.ConnectComplete(crowd.Server, Patience);
        crowd.Poller.Add(Sock, awaited, this);
    }
}

/// <summary>All clients of the load, in one thread, and what they have found.</summary>
internal sealed class Crowd(EndPoint server, Limits limits, TextWriter output) : IDisposable
{
    private const int ComplaintsShown = 10;

    private readonly PriorityQueue<Client, long> _due = new();
    private readonly ReadySock[] _ready = new ReadySock[256];

    public EndPoint Server => server;

    public Limits Limits => limits;

    public SockPoller Poller { get; } = new();

    public Random Random { get; } = new();

    /// <summary>One for all, because it is only used at once.</summary>
    public byte[] Buffer { get; } = new byte[64 * 1024];

    /// <summary>Nobody asks anything new.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Replies that were as expected, byte by byte.</summary>
    public long Replies { get; set; }

    /// <summary>Hostile connections that came to their end.</summary>
    public int Hostile { get; set; }

    /// <summary>Clients that saw the end of the stream when the server stopped.</summary>
    public int Farewells { get; set; }

    public int Wrong { get; private set; }

    public void Complain(string what)
    {
        if (++Wrong <= ComplaintsShown)
        {
            output.WriteLine($"WRONG: {what}");
        }
    }

    public void After(TimeSpan pause, Client client) =>
        _due.Enqueue(client, Environment.TickCount64 + (long)pause.TotalMilliseconds);

    /// <summary>Plays until the time is over, or the question is answered.</summary>
    public void Play(TimeSpan time, Func<bool> isDone)
    {
        long endMs = Environment.TickCount64 + (long)time.TotalMilliseconds;
        while (Environment.TickCount64 < endMs && !isDone())
        {
            int count = Poller.Wait(_ready, TimeSpan.FromMilliseconds(5)).ThrowIfError("wait");
            for (int i = 0; i < count; i++)
            {
                ((Client)_ready[i].State!).OnReady();
            }

            while (
                _due.TryPeek(out Client? client, out long dueMs) && dueMs <= Environment.TickCount64
            )
            {
                _due.Dequeue();
                client.OnDue();
            }
        }
    }

    public void Dispose() => Poller.Dispose();
}
