using System.Text;

namespace BitcoinSock.Unit;

/// <summary>
/// The smallest backend: Send, Recv and Wait, each played by the test, on a clock that only they
/// move. It counts its calls.
/// </summary>
internal sealed class ScriptedSock : ISock
{
    private readonly byte[] _incoming;
    private int _read;

    public ScriptedSock(string incoming = "") => _incoming = Encoding.Latin1.GetBytes(incoming);

    public ManualClock Clock { get; } = new();

    public int Sends { get; private set; }

    public int Recvs { get; private set; }

    public int Waits { get; private set; }

    public int Consumed => _read;

    /// <summary>
    /// What the n-th Send, from 1, of so many bytes returns. By default it takes all.
    /// </summary>
    public Func<int, int, SockResult> OnSend { get; set; } = (_, asked) => SockResult.Ok(asked);

    /// <summary>
    /// What the n-th Recv, from 1, of at most so many bytes returns: a count gives as many of the
    /// incoming bytes. By default all that are left; EAGAIN after them.
    /// </summary>
    public Func<int, int, SockResult> OnRecv { get; set; } = (_, _) => SockResult.Ok(int.MaxValue);

    /// <summary>What the n-th Wait, from 1, returns. By default it is ready.</summary>
    public Func<int, TimeSpan, SockResult> OnWait { get; set; } = (_, _) => SockResult.Ok(1);

    TimeProvider ISockWait.Clock => Clock;

    /// <summary>Those of the last Send or Recv.</summary>
    public SockFlags LastFlags { get; private set; }

    public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags)
    {
        LastFlags = flags;
        return OnSend(++Sends, data.Length);
    }

    public SockResult Recv(Span<byte> buffer, SockFlags flags)
    {
        LastFlags = flags;
        int left = _incoming.Length - _read;
        SockResult wanted = OnRecv(++Recvs, Math.Min(buffer.Length, left));
        if (wanted.IsError || wanted.Count == 0)
        {
            return wanted;
        }

        if (left == 0)
        {
            return SockResult.Fail(System.Net.Sockets.SocketError.WouldBlock);
        }

        int count = Math.Min(wanted.Count, Math.Min(buffer.Length, left));
        _incoming.AsSpan(_read, count).CopyTo(buffer);
        _read += flags.HasFlag(SockFlags.Peek) ? 0 : count;
        return SockResult.Ok(count);
    }

    public SockResult Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt = default
    )
    {
        SockResult result = OnWait(++Waits, timeout);
        occurred = result.Count > 0 ? requested : SockEvents.None;
        return result;
    }

    /// <summary>
    /// Plays one Send or Recv, by its number from 1, or all of them if that is 0; the others, and
    /// those for which there is null, take or give so many bytes at most.
    /// </summary>
    public void At(int call, Func<int, SockResult?> what, int otherwise = int.MaxValue) =>
        OnSend = OnRecv = (n, asked) =>
            (call == 0 || n == call ? what(n) : null) ?? SockResult.Ok(Math.Min(asked, otherwise));

    /// <summary>Passes the time that a wait was given, as a wait in vain does.</summary>
    public SockResult TimeOut(TimeSpan timeout)
    {
        Clock.Advance(timeout);
        return SockResult.Ok(0);
    }
}

/// <summary>Time that stands still until it is moved; its wall clock jumps at every look.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _now;
    private int _looks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan time) => _now += time.Ticks;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() =>
        DateTimeOffset.UnixEpoch.AddYears(++_looks % 2 == 0 ? 1 : 60);
}
