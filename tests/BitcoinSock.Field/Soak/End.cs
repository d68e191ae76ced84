using System.Diagnostics;
using System.Net.Sockets;

namespace BitcoinSock.Field.Soak;

/// <summary>One end of a connection, whatever backend it has at the time.</summary>
internal sealed class End(Link link, Lane @out, Lane @in, ISock channel)
{
    private const int SolSocket = 1; // Linux, where this runs
    private const int SoLinger = 13;

    private volatile ISock _channel = channel;
    private volatile bool _isGone;
    private volatile bool _isReleased;

    public Link Link => link;

    public End Peer { get; set; } = null!;

    public Lane Out => @out;

    public Lane In => @in;

    public ISock Channel => _channel;

    /// <summary>Held by who sends.</summary>
    public Lock Sending { get; } = new();

    /// <summary>Held by who receives.</summary>
    public Lock Receiving { get; } = new();

    /// <summary>How many threads are at an operation here.</summary>
    public int Busy;

    /// <summary>The reader that reads here; none if something else read since.</summary>
    public Frames? Frames { get; set; }

    /// <summary>Whether it is disposed, or about to be.</summary>
    public bool IsGone => _isGone;

    /// <summary>When the disposal was over.</summary>
    public long GoneAt { get; set; }

    /// <summary>Whether its descriptor is released, or about to be, and not back yet.</summary>
    public bool IsReleased => _isReleased;

    /// <summary>Disposes, whatever others are at.</summary>
    /// <param name="abort">Whether TCP breaks the connection: SO_LINGER of 0.</param>
    public void Dispose(bool abort)
    {
        _isGone = true;
        if (abort && _channel is Sock sock)
        {
            sock.SetSockOpt(SolSocket, SoLinger, [1, 0, 0, 0, 0, 0, 0, 0]);
        }
        else if (abort)
        {
            SocketOf(_channel).LingerState = new LingerOption(true, 0);
        }

        ((IDisposable)_channel).Dispose();
        GoneAt = Stopwatch.GetTimestamp();
    }

    /// <summary>
    /// Takes the descriptor away from who uses it, and gives it back when they have noticed.
    /// </summary>
    public void ReleaseAndReturn(Sock sock)
    {
        _isReleased = true;
        CSocket descriptor = sock.Release();
        lock (Sending)
        {
            lock (Receiving)
            {
                sock.AssignFrom(new Sock(descriptor));
                _isReleased = false;
            }
        }
    }

    /// <summary>
    /// Moves the connection to another object, perhaps of another kind; nothing may be under way.
    /// </summary>
    /// <returns>What was read ahead, and is received by that.</returns>
    public byte[] Move(Random random)
    {
        if (Frames?.IsLeft() == false)
        {
            return [];
        }

        byte[] unread = [];
        Sock? sock = _channel as Sock;
        if (sock is null)
        {
            if (_channel is StreamSock stream)
            {
                stream.Wait(TimeSpan.FromMilliseconds(5), SockEvents.Send, out SockEvents occurred);
                if (occurred == SockEvents.None)
                {
                    return []; // it cannot finish its write before somebody reads
                }

                unread = stream.Unread();
            }

            sock = Sock.From(SocketOf(_channel));
            ((IDisposable)_channel).Dispose();
        }

        Frames = null;
        bool isOver = In.IsShut && Out.IsShut; // to TCP that is "not connected"
        _channel = random.Next(5) switch
        {
            0 => new ManagedSock(sock.ToSocket()),
            1 when !isOver => new StreamSock(new NetworkStream(sock.ToSocket(), ownsSocket: true)),
            2 => Waiting(new Sock(sock.Release()), WaitMechanism.Select),
            3 => Waiting(new Sock(sock.Release()), WaitMechanism.Poll),
            _ => Assigned(sock),
        };
        return unread;
    }

    private static Sock Assigned(Sock from)
    {
        var to = new Sock();
        to.AssignFrom(from);
        return to;
    }

    private static Sock Waiting(Sock sock, WaitMechanism mechanism)
    {
        sock.Mechanism = mechanism;
        sock.Mechanism = sock.IsSelectable() ? mechanism : WaitMechanism.Poll;
        return sock;
    }

    private static Socket SocketOf(ISock channel) =>
        channel is ManagedSock managed
            ? managed.Socket
            : ((NetworkStream)((StreamSock)channel).Stream).Socket;
}

/// <summary>A reader of frames and what it was made with.</summary>
internal sealed record Frames(FrameReader Reader, byte[] Terminator, int Max)
{
    /// <summary>Whether it has left: what reads next goes on behind the last frame.</summary>
    public bool IsLeft()
    {
        bool isLeft = Reader.TrySettle(TimeSpan.Zero).IsOk && Reader.Partial.IsEmpty;
        if (isLeft)
        {
            Reader.Dispose();
        }

        return isLeft;
    }
}
