using System.Buffers;

namespace BitcoinSock;

public static partial class SockOperations
{
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
    /// <exception cref="ArgumentException">The sock is known to be no stream.</exception>
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
            : RecvLine(sock, terminator, new Room(destination), timeout, interrupt);

    /// <summary>
    /// Reads up to the first terminator and not one byte further, into a buffer writer, which gets
    /// the line without its terminator.
    /// </summary>
    /// <param name="sock">Where from.</param>
    /// <param name="terminator">The byte that ends the line; any.</param>
    /// <param name="destination">
    /// Gets the bytes, also those of a line that does not end well. It is asked for room before any
    /// is consumed; if it offers none, the line is TooLong. What it throws comes out of this. Bytes
    /// that it was to advance by are then at the front of the memory that it offered last.
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
    /// <exception cref="ArgumentException">The sock is known to be no stream.</exception>
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
            : RecvLine(sock, terminator, new Room(destination, maxData), timeout, interrupt);

    internal static SockOutcome RecvLine<TSock>(
        TSock sock,
        byte terminator,
        Room room,
        TimeSpan timeout,
        CancellationToken interrupt
    )
        where TSock : ISockRecv, ISockWait
    {
        StreamsOnly.ThrowIfItHasMessages(sock);
        using Observed? observed = Observed.Begin(sock, nameof(RecvUntilTerminator));
        var job = new LineJob(observed ?? (ISockRecv)sock, terminator);
        return Driver.Run(sock, observed, ref job, room, timeout, interrupt);
    }

    /// <summary>
    /// Reads a line of text, without its terminator, and not one byte further. The bytes are never
    /// lost: those that are no line, or no UTF-8, come back in <paramref name="received"/>.
    /// </summary>
    /// <param name="sock">Where from.</param>
    /// <param name="terminator">The byte that ends the line; any.</param>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <param name="maxData">
    /// The limit: the terminator must be within so many bytes. A line of more than 1,073,741,791
    /// bytes, the chars of the longest string, is TooLong in any case.
    /// </param>
    /// <param name="line">The text; null if there is none.</param>
    /// <param name="received">The bytes that were consumed; empty if there is a text.</param>
    /// <returns>As for bytes, and InvalidText; counts are of bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout or the limit is
    /// negative.</exception>
    /// <exception cref="ArgumentException">The sock is known to be no stream.</exception>
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
    /// <param name="maxData">
    /// The limit: the terminator must be within so many bytes. A line of more than 1,073,741,791
    /// bytes, the chars of the longest string, is TooLong in any case.
    /// </param>
    /// <returns>The line, decoded as UTF-8.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout or the limit is
    /// negative.</exception>
    /// <exception cref="ArgumentException">The sock is known to be no stream.</exception>
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
    /// CancellationToken)"
    /// path="/*[not(self::returns)]"/>
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
    /// CancellationToken, int)"
    /// path="/*[not(self::returns)]"/>
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
}
