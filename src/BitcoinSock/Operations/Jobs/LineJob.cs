using System.Buffers;

namespace BitcoinSock;

/// <summary>
/// Where a line goes, and how much of it at most, with its terminator: a span, from the front, or
/// whatever a buffer writer offers; if it has no more room, nothing.
/// </summary>
internal readonly ref struct Room
{
    private readonly IBufferWriter<byte>? _writer;
    private readonly Span<byte> _span;

    public Room(Span<byte> span)
    {
        _span = span;
        Limit = span.Length;
    }

    public Room(IBufferWriter<byte> writer, int maxData)
    {
        ArgumentNullException.ThrowIfNull(writer, "destination");
        ArgumentOutOfRangeException.ThrowIfNegative(maxData);
        _writer = writer;
        Limit = Math.Min(maxData, Array.MaxLength); // no buffer holds more
    }

    public int Limit { get; }

    /// <summary>Room for at most so much, behind what has been received.</summary>
    public Span<byte> Next(int received, int length)
    {
        length = Math.Min(length, Limit - received);
        Span<byte> offered = _writer is null ? _span[received..] : _writer.GetSpan(length);
        return offered[..Math.Min(length, offered.Length)];
    }

    public void Advance(int count) => _writer?.Advance(count);
}

/// <summary>Reads up to a terminator, and not one byte further.</summary>
/// <param name="sock">Where from.</param>
/// <param name="terminator">The byte that ends it.</param>
internal struct LineJob(ISockRecv sock, byte terminator) : IJob<Room>
{
    // Most lines are shorter than the first window; to peek for 2048 bytes takes no longer than for
    // 256 (docs/performance.md). A window that finds no terminator doubles: a fixed one costs a
    // long line two calls every so many bytes.
    private const int FirstWindow = Shown.Few;
    private const int LargestWindow = 64 * 1024;

    private int _window = FirstWindow;
    private int _received;

    public readonly SockEvents Awaited => SockEvents.Recv;

    public bool IsDone { get; private set; }

    /// <summary>What is consumed; of a whole line, without its terminator.</summary>
    public readonly int Count => IsDone ? _received - 1 : _received;

    public SockOutcome Step(Room room)
    {
        Span<byte> window = _received < room.Limit ? room.Next(_received, _window) : default;
        if (window.IsEmpty)
        {
            return SockOutcome.End(SockStatus.TooLong);
        }

        SockOutcome step = PeekThenTake(window);
        _received += step.Count;
        IsDone = step is { IsOk: true, Count: > 0 } && window[step.Count - 1] == terminator;
        room.Advance(IsDone ? step.Count - 1 : step.Count);
        if (step.Count == _window)
        {
            _window = Math.Min(2 * _window, LargestWindow);
        }

        return step.IsOk && !IsDone && _received == room.Limit
            ? SockOutcome.End(SockStatus.TooLong)
            : step;
    }

    // One peek, one recv of exactly what is wanted of it. Ok: so many bytes, possibly none, have
    // moved to the front of the window; a terminator can only be the last of them.
    private readonly SockOutcome PeekThenTake(Span<byte> window)
    {
        SockResult peek = sock.Recv(window, SockFlags.Peek | SockFlags.DontWait);
        if (peek.IsError)
        {
            return SockOutcome.RetryOrFail(peek.Error);
        }

        if (peek.Count == 0)
        {
            return SockOutcome.End(SockStatus.Closed);
        }

        if (peek.Count > window.Length)
        {
            return SockOutcome.End(SockStatus.Inconsistent);
        }

        Span<byte> seen = window[..peek.Count];
        int end = seen.IndexOf(terminator);
        return Shown.Take(sock, end < 0 ? seen : seen[..(end + 1)]);
    }
}
