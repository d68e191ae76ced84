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

    /// <summary>
    /// Reads up to the first terminator and not one byte further: another reader of the same
    /// descriptor goes on behind it. Core's <c>RecvUntilTerminator</c>, for bytes.
    /// </summary>
    /// <param name="sock">Where from.</param>
    /// <param name="terminator">The byte that ends the line; any.</param>
    /// <param name="destination">
    /// Where the line goes, then its terminator. Its length is the limit: the terminator must be
    /// within it.
    /// </param>
    /// <param name="timeout">
    /// For the whole: zero is one try, <see cref="Timeout.InfiniteTimeSpan"/> no deadline.
    /// </param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// Ok, with the length of the line without its terminator. Closed, Timeout, Interrupted,
    /// TooLong, Failed or Inconsistent, with the number of bytes consumed, which are at the
    /// front of <paramref name="destination"/>.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public static SockOutcome TryRecvUntilTerminator<TSock>(
        this TSock sock,
        byte terminator,
        Span<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockRecv, ISockWait =>
        sock is ISockRecvUntilTerminator own
            ? own.TryRecvUntilTerminator(terminator, destination, timeout, interrupt)
            : RecvLine(sock, terminator, destination, timeout, interrupt);

    internal static SockOutcome RecvLine<TSock>(
        TSock sock,
        byte terminator,
        Span<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt
    )
        where TSock : ISockRecv, ISockWait
    {
        var room = new Room(destination);
        int maxData = destination.Length;
        return Observed.Begin(sock, nameof(RecvUntilTerminator)) is Observed observed
            ? observed.End(RecvLine(observed, terminator, room, timeout, interrupt, maxData))
            : RecvLine(sock, terminator, room, timeout, interrupt, maxData);
    }

    /// <summary>
    /// Reads up to the first terminator and not one byte further, into a buffer writer, which gets
    /// the line without its terminator.
    /// </summary>
    /// <param name="sock">Where from.</param>
    /// <param name="terminator">The byte that ends the line; any.</param>
    /// <param name="destination">
    /// Gets the bytes, also those of a line that does not end well.
    /// </param>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <param name="maxData">The limit: the terminator must be within so many bytes.</param>
    /// <returns>
    /// Ok, with the length of the line. Closed, Timeout, Interrupted, TooLong, Failed or
    /// Inconsistent, with the number of bytes consumed. Either way so many were written.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout or the limit is
    /// negative.</exception>
    public static SockOutcome TryRecvUntilTerminator<TSock>(
        this TSock sock,
        byte terminator,
        IBufferWriter<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    )
        where TSock : ISockRecv, ISockWait =>
        sock is ISockRecvUntilTerminator own
            ? own.TryRecvUntilTerminator(terminator, destination, timeout, interrupt, maxData)
            : RecvLine(sock, terminator, destination, timeout, interrupt, maxData);

    internal static SockOutcome RecvLine<TSock>(
        TSock sock,
        byte terminator,
        IBufferWriter<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    )
        where TSock : ISockRecv, ISockWait
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfNegative(maxData);
        var room = new Room(destination);
        return Observed.Begin(sock, nameof(RecvUntilTerminator)) is Observed observed
            ? observed.End(RecvLine(observed, terminator, room, timeout, interrupt, maxData))
            : RecvLine(sock, terminator, room, timeout, interrupt, maxData);
    }

    /// <summary>
    /// Reads a line of text, without its terminator, and not one byte further. The bytes are never
    /// lost: those that are no line, or no UTF-8, come back in <paramref name="received"/>.
    /// </summary>
    /// <param name="sock">Where from.</param>
    /// <param name="terminator">The byte that ends the line; any.</param>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <param name="maxData">The limit: the terminator must be within so many bytes.</param>
    /// <param name="line">The text; null if there is none.</param>
    /// <param name="received">The bytes that were consumed; empty if there is a text.</param>
    /// <returns>As for bytes, and InvalidText; counts are of bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout or the limit is
    /// negative.</exception>
    public static SockOutcome TryRecvUntilTerminator<TSock>(
        this TSock sock,
        byte terminator,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData,
        out string? line,
        out ReadOnlyMemory<byte> received
    )
        where TSock : ISockRecv, ISockWait
    {
        using var buffer = PooledBuffer.Rent();
        return sock.TryRecvUntilTerminator(terminator, buffer, timeout, interrupt, maxData)
            .Decode(buffer, out line, out received);
    }

    /// <summary>
    /// Reads a line of text, without its terminator, and not one byte further, or throws. Core's
    /// <c>RecvUntilTerminator</c>.
    /// </summary>
    /// <param name="sock">Where from.</param>
    /// <param name="terminator">The byte that ends the line; any.</param>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <param name="maxData">The limit: the terminator must be within so many bytes.</param>
    /// <returns>The line, decoded as UTF-8.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout or the limit is
    /// negative.</exception>
    /// <exception cref="SockException">
    /// There is no such line, or it is not UTF-8; Received has the bytes consumed.
    /// </exception>
    /// <exception cref="SockInterruptedException">
    /// The interrupt fired; Received has the bytes consumed.
    /// </exception>
    public static string RecvUntilTerminator<TSock>(
        this TSock sock,
        byte terminator,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    )
        where TSock : ISockRecv, ISockWait
    {
        using var buffer = PooledBuffer.Rent();
        return sock.TryRecvUntilTerminator(terminator, buffer, timeout, interrupt, maxData)
            .ToText(buffer, interrupt);
    }

    /// <summary>Reads a line into a span, or throws.</summary>
    /// <inheritdoc cref="TryRecvUntilTerminator{TSock}(TSock, byte, Span{byte}, TimeSpan,
    /// CancellationToken)"/>
    /// <returns>The length of the line without its terminator.</returns>
    /// <exception cref="SockException">There is no such line.</exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public static int RecvUntilTerminator<TSock>(
        this TSock sock,
        byte terminator,
        Span<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
        where TSock : ISockRecv, ISockWait
    {
        SockOutcome outcome = sock.TryRecvUntilTerminator(
            terminator,
            destination,
            timeout,
            interrupt
        );
        outcome.ThrowIfLineFailed(destination, interrupt);
        return outcome.Count;
    }

    /// <summary>Reads a line into a buffer writer, or throws.</summary>
    /// <inheritdoc cref="TryRecvUntilTerminator{TSock}(TSock, byte, IBufferWriter{byte}, TimeSpan,
    /// CancellationToken, int)"/>
    /// <returns>The length of the line without its terminator.</returns>
    /// <exception cref="SockException">There is no such line; the writer has the bytes.</exception>
    /// <exception cref="SockInterruptedException">
    /// The interrupt fired; the writer has the bytes.
    /// </exception>
    public static int RecvUntilTerminator<TSock>(
        this TSock sock,
        byte terminator,
        IBufferWriter<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    )
        where TSock : ISockRecv, ISockWait
    {
        SockOutcome outcome = sock.TryRecvUntilTerminator(
            terminator,
            destination,
            timeout,
            interrupt,
            maxData
        );
        outcome.ThrowIfLineFailed(default, interrupt);
        return outcome.Count;
    }

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
    /// Where a line goes: a span from the front, or whatever a buffer writer offers.
    /// </summary>
    private ref struct Room
    {
        private readonly IBufferWriter<byte>? _writer;
        private Span<byte> _span;

        public Room(Span<byte> span) => _span = span;

        public Room(IBufferWriter<byte> writer) => _writer = writer;

        public readonly Span<byte> Next(int length) =>
            (_writer is null ? _span : _writer.GetSpan(length))[..length];

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
