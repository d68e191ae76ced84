using System.Net.Sockets;
using BitcoinSock;

namespace RingBackend;

/// <summary>
/// A backend of one's own: a channel in memory between two threads, with the three calls that make
/// it one. What it promises, sockcheck and a test hold it to.
/// </summary>
public sealed class RingSock : ISock
{
    private readonly Lock _gate;
    private readonly Ring _incoming;
    private readonly Ring _outgoing;

    private RingSock(Lock gate, Ring incoming, Ring outgoing) =>
        (_gate, _incoming, _outgoing) = (gate, incoming, outgoing);

    /// <summary>Two ends.</summary>
    /// <param name="capacity">How many bytes each direction holds.</param>
    public static (RingSock First, RingSock Second) CreatePair(int capacity)
    {
        var gate = new Lock();
        var there = new Ring(capacity);
        var back = new Ring(capacity);
        return (new RingSock(gate, back, there), new RingSock(gate, there, back));
    }

    public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags)
    {
        lock (_gate)
        {
            if (_outgoing.IsEnded)
            {
                return SockResult.Fail(SocketError.Shutdown);
            }

            int count = _outgoing.Write(data);
            return count > 0 || data.IsEmpty
                ? SockResult.Ok(count)
                : SockResult.Fail(SocketError.WouldBlock);
        }
    }

    public SockResult Recv(Span<byte> buffer, SockFlags flags)
    {
        lock (_gate)
        {
            return _incoming.Count > 0 || _incoming.IsEnded
                ? SockResult.Ok(_incoming.Read(buffer, (flags & SockFlags.Peek) != 0))
                : SockResult.Fail(SocketError.WouldBlock);
        }
    }

    // It looks round every millisecond: simple, and not Wakeable.
    public SockResult Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt = default
    )
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            occurred = Ready() & requested;
            if (occurred != SockEvents.None)
            {
                return SockResult.Ok(1);
            }

            if (interrupt.IsCancellationRequested)
            {
                return SockResult.Fail(SocketError.Interrupted);
            }

            bool isEndless = timeout == Timeout.InfiniteTimeSpan;
            if (!isEndless && TimeProvider.System.GetElapsedTime(start) >= timeout)
            {
                return SockResult.Ok(0);
            }

            Thread.Sleep(1);
        }
    }

    public SockResult ShutdownSend()
    {
        lock (_gate)
        {
            _outgoing.End();
        }

        return SockResult.Ok(0);
    }

    /// <summary>Ends both directions.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _outgoing.End();
            _incoming.End();
        }
    }

    private SockEvents Ready()
    {
        lock (_gate)
        {
            return (_incoming.Count > 0 || _incoming.IsEnded ? SockEvents.Recv : SockEvents.None)
                | (_outgoing.Room > 0 || _outgoing.IsEnded ? SockEvents.Send : SockEvents.None);
        }
    }
}
