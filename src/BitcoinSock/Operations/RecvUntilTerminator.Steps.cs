using System.Buffers;
using System.Runtime.CompilerServices;

namespace BitcoinSock;

public static partial class SockOperations
{
    // Most lines are shorter than the first window; to peek for 2048 bytes takes no longer than for
    // 256 (docs/performance.md). A window that finds no terminator doubles: a fixed one costs a
    // long line two calls every so many bytes.
    private const int FirstWindow = 2048;
    private const int LargestWindow = 64 * 1024;

    [SkipLocalsInit]
    private static SockOutcome RecvLine<TSock>(
        TSock sock,
        byte terminator,
        Room room,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    )
        where TSock : ISockRecv, ISockWait
    {
        var pace = new Pace(timeout, sock.Clock, interrupt);
        int received = 0;
        byte[]? rented = null;
        Span<byte> taken = stackalloc byte[FirstWindow];
        try
        {
            while (received < maxData)
            {
                Span<byte> window = room.Next(Math.Min(taken.Length, maxData - received));
                if (window.IsEmpty)
                {
                    break;
                }

                SockOutcome step = PeekThenTake(sock, terminator, window, taken);
                received += step.Count;
                bool found =
                    step is { IsOk: true, Count: > 0 } && window[step.Count - 1] == terminator;
                room.Advance(found ? step.Count - 1 : step.Count);
                if (found)
                {
                    return SockOutcome.Ok(received - 1);
                }

                if (!step.IsOk)
                {
                    return step with { Count = received };
                }

                if (received == maxData)
                {
                    break;
                }

                SockOutcome next = pace.Next(sock, SockEvents.Recv, moved: step.Count > 0);
                if (!next.IsOk)
                {
                    return next with { Count = received };
                }

                if (step.Count == taken.Length && taken.Length < LargestWindow)
                {
                    taken = Grow(ref rented, taken.Length * 2);
                }
            }

            return SockOutcome.End(SockStatus.TooLong, received);
        }
        finally
        {
            Return(rented);
        }
    }

    // One peek, one recv of exactly what is wanted of it. Ok: so many bytes, possibly none, have
    // moved to the front of the window; a terminator can only be the last of them.
    private static SockOutcome PeekThenTake<TSock>(
        TSock sock,
        byte terminator,
        Span<byte> window,
        Span<byte> taken
    )
        where TSock : ISockRecv
    {
        SockResult peek = sock.Recv(window, SockFlags.Peek | SockFlags.DontWait);
        if (peek.IsError)
        {
            return RetryOrFail(peek.Error);
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
        taken = taken[..(end < 0 ? seen.Length : end + 1)];
        SockResult take = sock.Recv(taken, SockFlags.DontWait);
        if (take.IsError)
        {
            return RetryOrFail(take.Error);
        }

        // Bytes that were there a moment ago are gone or changed: somebody else reads this
        // descriptor.
        if (take.Count == 0 || take.Count > taken.Length)
        {
            return SockOutcome.End(SockStatus.Inconsistent);
        }

        taken = taken[..take.Count];
        if (!taken.SequenceEqual(seen[..take.Count]))
        {
            taken.CopyTo(seen);
            return SockOutcome.End(SockStatus.Inconsistent, take.Count);
        }

        return SockOutcome.Ok(take.Count);
    }

    internal static SockOutcome RetryOrFail(int error) =>
        NetworkError.IoErrorIsPermanent(error) ? SockOutcome.Failed(error) : SockOutcome.Ok(0);

    private static Span<byte> Grow(ref byte[]? rented, int length)
    {
        Return(rented);
        rented = ArrayPool<byte>.Shared.Rent(length);
        return rented.AsSpan(0, length);
    }

    private static void Return(byte[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }
    }

    /// <summary>
    /// Where a line goes: a span from the front, or whatever a buffer writer offers; if it has no
    /// more room, nothing.
    /// </summary>
    private ref struct Room
    {
        private readonly IBufferWriter<byte>? _writer;
        private Span<byte> _span;

        public Room(Span<byte> span) => _span = span;

        public Room(IBufferWriter<byte> writer) => _writer = writer;

        public readonly Span<byte> Next(int length)
        {
            Span<byte> offered = _writer is null ? _span : _writer.GetSpan(length);
            return offered[..Math.Min(length, offered.Length)];
        }

        public void Advance(int count)
        {
            if (_writer is null)
            {
                _span = _span[count..];
            }
            else
            {
                _writer.Advance(count);
            }
        }
    }
}
