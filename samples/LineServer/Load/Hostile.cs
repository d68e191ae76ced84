using System.Net.Sockets;
using BitcoinSock;

namespace LineServer;

/// <summary>A client that is up to no good, again and again.</summary>
internal abstract class Hostile(Crowd crowd) : Client(crowd)
{
    protected static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static Hostile Create(Crowd crowd, int kind) =>
        (kind % 5) switch
        {
            0 => new Silent(crowd),
            1 => new Resetter(crowd),
            2 => new Babbler(crowd),
            3 => new Unending(crowd),
            _ => new Deaf(crowd),
        };

    public sealed override void OnDue()
    {
        if (!Crowd.IsEnding)
        {
            Act();
        }
    }

    public override void OnReady()
    {
        if (Sock.Recv(Crowd.Buffer, SockFlags.DontWait).Count <= 0)
        {
            Again();
        }
    }

    /// <summary>Connects, or goes on.</summary>
    protected abstract void Act();

    /// <summary>This connection is over; the next one follows.</summary>
    protected void Again()
    {
        Crowd.Hostile++;
        Abort();
        Crowd.After(Pause, this);
    }

    protected SockOutcome Send(ReadOnlySpan<byte> bytes) =>
        Sock.TrySendComplete(bytes, TimeSpan.Zero);
}

/// <summary>Connects and says nothing, until it is dropped.</summary>
internal sealed class Silent(Crowd crowd) : Hostile(crowd)
{
    protected override void Act() => Connect(SockEvents.Recv);
}

/// <summary>Breaks the connection in the middle of a line, with replies under way.</summary>
internal sealed class Resetter(Crowd crowd) : Hostile(crowd)
{
    protected override void Act()
    {
        Connect(SockEvents.Recv);
        Send("one\ntwo\nthr"u8);
        Again();
    }
}

/// <summary>Sends whatever bytes, and breaks off.</summary>
internal sealed class Babbler(Crowd crowd) : Hostile(crowd)
{
    private const int ChunksMax = 20;

    private readonly byte[] _chunk = new byte[4096];
    private int _chunks;

    protected override void Act()
    {
        if (Sock.IsEmpty)
        {
            Connect(SockEvents.Recv);
            _chunks = Crowd.Random.Next(1, ChunksMax);
        }

        Crowd.Random.NextBytes(_chunk);
        if (_chunks-- > 0 && Send(_chunk).IsOk)
        {
            Crowd.After(Pause, this);
        }
        else
        {
            Again();
        }
    }

    // What comes back is of no interest; the end is found by the next chunk.
    public override void OnReady()
    {
        if (Sock.Recv(Crowd.Buffer, SockFlags.DontWait).Count <= 0)
        {
            Crowd.Poller.Remove(Sock);
        }
    }
}

/// <summary>Sends a line without an end, and must be told so.</summary>
internal sealed class Unending(Crowd crowd) : Hostile(crowd)
{
    private readonly byte[] _line = new byte[crowd.Limits.Line + 500];
    private int _heard;
    private bool _isTold;

    protected override void Act()
    {
        Connect(SockEvents.Recv);
        (_heard, _isTold) = (0, false);
        Send(_line);
    }

    public override void OnReady()
    {
        ReadOnlySpan<byte> expected = "error: the line is too long\n"u8;
        Span<byte> buffer = Crowd.Buffer;
        int got = Sock.Recv(buffer, SockFlags.DontWait).Count;
        if (got > 0)
        {
            _isTold = expected[_heard..].StartsWith(buffer[..got]);
            _heard += got;
            return;
        }

        if (!Crowd.IsEnding && !(_isTold && _heard == expected.Length))
        {
            Crowd.Complain("a line too long was not answered as such");
        }

        Again();
    }
}

/// <summary>Asks as much as it can, and never reads, until it is dropped.</summary>
internal sealed class Deaf(Crowd crowd) : Hostile(crowd)
{
    private static readonly byte[] Lines =
    [
        .. Enumerable
            .Repeat("as many replies as there is room for\n"u8.ToArray(), 1000)
            .SelectMany(line => line),
    ];

    protected override void Act()
    {
        Connect(SockEvents.Send);
        Sock.SetSockOpt(SocketOptionLevel.Socket, SocketOptionName.ReceiveBuffer, 4096);
    }

    public override void OnReady()
    {
        SockOutcome sent = Send(Lines);
        if (!sent.IsOk && sent.Status != SockStatus.Timeout)
        {
            Again();
        }
    }
}
