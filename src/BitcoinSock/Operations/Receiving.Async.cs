using System.Buffers;
using System.Runtime.CompilerServices;

namespace BitcoinSock;

// RecvComplete and RecvUntilTerminator for those who await: the same jobs, by the other driver.
public static partial class SockOperations
{
    /// <summary>Reads exactly as many bytes as the buffer holds.</summary>
    /// <inheritdoc cref="TryRecvComplete{TSock}(TSock, Span{byte}, TimeSpan, CancellationToken)"/>
    public static ValueTask<SockOutcome> TryRecvCompleteAsync(
        this ISockAsync sock,
        Memory<byte> buffer,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        StreamsOnly.ThrowIfItHasMessages(sock);
        Observed? observed = Observed.Begin(sock, nameof(RecvComplete));
        return Driver.RunAsync(
            sock,
            observed,
            new RecvJob(observed ?? (ISockRecv)sock, buffer.Length),
            buffer,
            static buffer => buffer.Span,
            timeout,
            interrupt
        );
    }

    /// <summary>Reads exactly as many bytes as the buffer holds, or throws.</summary>
    /// <inheritdoc cref="RecvComplete{TSock}(TSock, Span{byte}, TimeSpan, CancellationToken)"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public static async ValueTask RecvCompleteAsync(
        this ISockAsync sock,
        Memory<byte> buffer,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        SockOutcome outcome = await sock.TryRecvCompleteAsync(buffer, timeout, interrupt)
            .ConfigureAwait(false);
        outcome.ThrowIfRecvFailed(buffer.Span, interrupt);
    }

    /// <summary>Reads up to the first terminator and not one byte further.</summary>
    /// <inheritdoc cref="TryRecvUntilTerminator{TSock}(TSock, byte, Span{byte}, TimeSpan,
    /// CancellationToken)"/>
    public static ValueTask<SockOutcome> TryRecvUntilTerminatorAsync(
        this ISockAsync sock,
        byte terminator,
        Memory<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt = default
    ) =>
        RecvLineAsync(
            sock,
            terminator,
            destination,
            static to => new Room(to.Span),
            static (outcome, _, _) => outcome,
            timeout,
            interrupt
        );

    /// <summary>
    /// Reads up to the first terminator and not one byte further, into a buffer writer.
    /// </summary>
    /// <inheritdoc cref="TryRecvUntilTerminator{TSock}(TSock, byte, IBufferWriter{byte}, TimeSpan,
    /// CancellationToken, int)"/>
    public static ValueTask<SockOutcome> TryRecvUntilTerminatorAsync(
        this ISockAsync sock,
        byte terminator,
        IBufferWriter<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    ) =>
        RecvLineAsync(
            sock,
            terminator,
            (destination, maxData),
            static to => new Room(to.destination, to.maxData),
            static (outcome, _, _) => outcome,
            timeout,
            interrupt
        );

    /// <summary>Reads a line into memory, or throws.</summary>
    /// <inheritdoc cref="RecvUntilTerminator{TSock}(TSock, byte, Span{byte}, TimeSpan,
    /// CancellationToken)"/>
    public static ValueTask<int> RecvUntilTerminatorAsync(
        this ISockAsync sock,
        byte terminator,
        Memory<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt = default
    ) =>
        RecvLineAsync(
            sock,
            terminator,
            destination,
            static to => new Room(to.Span),
            static (outcome, destination, interrupt) =>
            {
                outcome.ThrowIfLineFailed(destination.Span, interrupt);
                return outcome.Count;
            },
            timeout,
            interrupt
        );

    /// <summary>Reads a line into a buffer writer, or throws.</summary>
    /// <inheritdoc cref="RecvUntilTerminator{TSock}(TSock, byte, IBufferWriter{byte}, TimeSpan,
    /// CancellationToken, int)"/>
    public static ValueTask<int> RecvUntilTerminatorAsync(
        this ISockAsync sock,
        byte terminator,
        IBufferWriter<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    ) =>
        RecvLineAsync(
            sock,
            terminator,
            (destination, maxData),
            static to => new Room(to.destination, to.maxData),
            static (outcome, _, interrupt) =>
            {
                outcome.ThrowIfLineFailed(default, interrupt);
                return outcome.Count;
            },
            timeout,
            interrupt
        );

    private static ValueTask<TResult> RecvLineAsync<TKept, TResult>(
        ISockAsync sock,
        byte terminator,
        TKept destination,
        Func<TKept, Room> roomOf,
        Func<SockOutcome, TKept, CancellationToken, TResult> resultOf,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        StreamsOnly.ThrowIfItHasMessages(sock);
        _ = roomOf(destination); // or it throws, while nothing has been touched
        Observed? observed = Observed.Begin(sock, nameof(RecvUntilTerminator));
        return Driver.RunAsync(
            sock,
            observed,
            new LineJob(observed ?? (ISockRecv)sock, terminator),
            destination,
            roomOf,
            resultOf,
            timeout,
            interrupt
        );
    }

    /// <summary>Reads a line of text, and not one byte further.</summary>
    /// <inheritdoc cref="TryRecvUntilTerminator{TSock}(TSock, byte, TimeSpan, CancellationToken,
    /// int, out string, out ReadOnlyMemory{byte})"
    /// path="/*[not(self::returns)]"/>
    /// <returns>
    /// The outcome, as of the form that blocks; the line, without its terminator, null if there is
    /// none; and if so the bytes that were consumed.
    /// </returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<(
        SockOutcome Outcome,
        string? Line,
        ReadOnlyMemory<byte> Received
    )> TryRecvUntilTerminatorAsync(
        this ISockAsync sock,
        byte terminator,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    )
    {
        using PooledBuffer buffer = PooledBuffer.Rent();
        SockOutcome outcome = await sock.TryRecvUntilTerminatorAsync(
                terminator,
                buffer,
                timeout,
                interrupt,
                maxData
            )
            .ConfigureAwait(false);
        outcome = outcome.Decode(buffer, out string? line, out ReadOnlyMemory<byte> received);
        return (outcome, line, received);
    }

    /// <summary>Reads a line of text, and not one byte further, or throws.</summary>
    /// <inheritdoc cref="RecvUntilTerminator{TSock}(TSock, byte, TimeSpan, CancellationToken,
    /// int)"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<string> RecvUntilTerminatorAsync(
        this ISockAsync sock,
        byte terminator,
        TimeSpan timeout,
        CancellationToken interrupt,
        int maxData
    )
    {
        (SockOutcome outcome, string? line, ReadOnlyMemory<byte> received) =
            await sock.TryRecvUntilTerminatorAsync(terminator, timeout, interrupt, maxData)
                .ConfigureAwait(false);
        return line ?? throw Failures.LineFailed(outcome, received, interrupt);
    }
}
