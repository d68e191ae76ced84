using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>A way to learn which of many sockets has become ready.</summary>
/// <param name="Name">What it is called in tables, plots and data.</param>
/// <param name="Watch">Begins to watch sockets, which are its own from then on.</param>
/// <param name="Most">How many sockets it can watch.</param>
internal sealed record WatchMethod(
    string Name,
    Func<Sock[], Watcher> Watch,
    int Most = int.MaxValue
)
{
    public static readonly WatchMethod Poller = new(
        "SockPoller",
        socks => new ByPoller(socks, new SockPoller())
    );

    public static readonly WatchMethod[] All =
    [
        // Of its 1024 descriptors, the process has some already.
        new("select", socks => new ByWaitMany(socks, WaitMechanism.Select), 900),
        new("SockPoller, poll", socks => new ByPoller(socks, new SockPoller(WaitMechanism.Poll))),
        new("WaitMany", socks => new ByWaitMany(socks, WaitMechanism.Poll)),
        Poller,
        new("Socket.Select", socks => new BySocketSelect(socks)),
        new("ReceiveAsync", socks => new ByReceiveAsync(socks)),
    ];
}

/// <summary>Many sockets, being watched. The two ends of each pair are neighbours.</summary>
internal abstract class Watcher : IDisposable
{
    public abstract void Dispose();

    /// <summary>
    /// The seconds from before a byte is sent to one of the sockets until it is read from the one
    /// that is said to be ready.
    /// </summary>
    /// <param name="at">To which.</param>
    public virtual double WakeUp(int at)
    {
        long start = Stopwatch.GetTimestamp();
        SendTo(at);
        return Take() == 1
            ? SecondsSince(start)
            : throw new InvalidDataException("The socket that was ready had no byte.");
    }

    // A TimeSpan has ticks of 100 ns.
    protected static double SecondsSince(long start) =>
        (Stopwatch.GetTimestamp() - start) / (double)Stopwatch.Frequency;

    protected abstract void SendTo(int at);

    /// <summary>Waits for a socket to become ready, and reads from it: so many bytes.</summary>
    protected abstract int Take();
}

internal abstract class SockWatcher(Sock[] socks) : Watcher
{
    protected static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    public override void Dispose() => Array.ForEach(socks, sock => sock.Dispose());

    protected override void SendTo(int at) => socks[at ^ 1].Send([1]);

    protected static int TakeFrom(Sock sock) => sock.Recv(stackalloc byte[2]).Count;
}

internal sealed class ByWaitMany : SockWatcher
{
    private readonly SockWait[] _waits;

    public ByWaitMany(Sock[] socks, WaitMechanism mechanism)
        : base(socks)
    {
        Array.ForEach(socks, sock => sock.Mechanism = mechanism);
        _waits = [.. socks.Select(sock => new SockWait(sock, SockEvents.Recv))];
    }

    protected override int Take()
    {
        Sock.WaitMany(Long, _waits).ThrowIfError("WaitMany");
        return TakeFrom(Array.Find(_waits, wait => wait.Occurred != SockEvents.None).Sock);
    }
}

internal sealed class ByPoller : SockWatcher
{
    private readonly SockPoller _poller;
    private readonly ReadySock[] _ready = new ReadySock[16];

    public ByPoller(Sock[] socks, SockPoller poller)
        : base(socks)
    {
        _poller = poller;
        Array.ForEach(socks, sock => poller.Add(sock, SockEvents.Recv));
    }

    public override void Dispose()
    {
        _poller.Dispose();
        base.Dispose();
    }

    protected override int Take()
    {
        _poller.Wait(_ready, Long).ThrowIfError("SockPoller.Wait");
        return TakeFrom(_ready[0].Sock);
    }
}

internal abstract class SocketWatcher(Sock[] socks) : Watcher
{
    protected Socket[] Sockets { get; } = Array.ConvertAll(socks, sock => sock.ToSocket());

    public override void Dispose() => Array.ForEach(Sockets, socket => socket.Dispose());

    protected override void SendTo(int at) => Sockets[at ^ 1].Send([1]);
}

internal sealed class BySocketSelect(Sock[] socks) : SocketWatcher(socks)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    // It takes out what is not ready, so each time all have to go in again.
    private readonly List<Socket> _list = [];

    protected override int Take()
    {
        _list.Clear();
        _list.AddRange(Sockets);
        Socket.Select(_list, null, null, Long);
        return _list[0].Receive(stackalloc byte[2]);
    }
}

/// <summary>A receive is pending on each; timed is its completion, in the pool.</summary>
[SuppressMessage("Reliability", "CA2012", Justification = "Each is awaited once, when it is due.")]
internal sealed class ByReceiveAsync : SocketWatcher
{
    private readonly byte[] _buffer = new byte[2];
    private readonly ValueTask<int>[] _pending;
    private int _at;

    public ByReceiveAsync(Sock[] socks)
        : base(socks) =>
        _pending = Array.ConvertAll(Sockets, socket => socket.ReceiveAsync(_buffer.AsMemory()));

    public override double WakeUp(int at)
    {
        _at = at;
        return TimeAsync().GetAwaiter().GetResult();
    }

    protected override int Take() => throw new NotSupportedException("It is pushed.");

    private async Task<double> TimeAsync()
    {
        long start = Stopwatch.GetTimestamp();
        SendTo(_at);
        int count = await _pending[_at].ConfigureAwait(false);
        double seconds = SecondsSince(start);
        _pending[_at] = Sockets[_at].ReceiveAsync(_buffer.AsMemory());
        return count == 1 ? seconds : throw new InvalidDataException("There was no byte.");
    }
}
