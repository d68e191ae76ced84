using System.Runtime.CompilerServices;

namespace BitcoinSock;

// For those who await, over a sock that is an ISockAsync.
public sealed partial class FrameReader
{
    private ISockAsync Awaitable =>
        _sock as ISockAsync
        ?? throw new NotSupportedException("The sock of this reader is no ISockAsync.");

    /// <summary>Reads one frame.</summary>
    /// <inheritdoc cref="TryRead(out ReadOnlySpan{byte}, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <returns>
    /// The outcome, as of the form that blocks, and the frame without its terminator, valid until
    /// the next call. If there is none, the <see cref="Partial"/>.
    /// </returns>
    /// <exception cref="NotSupportedException">The sock cannot be awaited.</exception>
    public ValueTask<(SockOutcome Outcome, ReadOnlyMemory<byte> Frame)> TryReadAsync(
        TimeSpan timeout,
        CancellationToken interrupt = default
    ) => TryReadShown(timeout) ? new(OfMemory(OneIsRead)) : TryReadOneAsync(timeout, interrupt);

    /// <summary>Reads every complete frame at hand, but at least one.</summary>
    /// <inheritdoc cref="TryReadBatch(Span{Range}, out FrameBatch, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <returns>
    /// The outcome, as of the form that blocks; how many frames were read, which is how many of
    /// <paramref name="frames"/> say where they are; and the bytes that they are in, valid until
    /// the next call, or the <see cref="Partial"/>.
    /// </returns>
    /// <exception cref="NotSupportedException">The sock cannot be awaited.</exception>
    public async ValueTask<(
        SockOutcome Outcome,
        int Count,
        ReadOnlyMemory<byte> Bytes
    )> TryReadBatchAsync(
        Memory<Range> frames,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        ThrowIfThereIsNoRoom(frames.Span);
        SockOutcome outcome = await ReadAsync(Batch, frames, timeout, interrupt)
            .ConfigureAwait(false);
        return (outcome, _found, OfMemory(outcome).Frame);
    }

    /// <summary>Reads one frame, or throws.</summary>
    /// <inheritdoc cref="Read(TimeSpan, CancellationToken)"/>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        (SockOutcome outcome, ReadOnlyMemory<byte> frame) = await TryReadAsync(timeout, interrupt)
            .ConfigureAwait(false);
        outcome.ThrowIfLineFailed(frame.Span, interrupt);
        return frame;
    }

    /// <summary>Reads every complete frame at hand, but at least one, or throws.</summary>
    /// <inheritdoc cref="ReadBatch(Span{Range}, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <returns>
    /// How many frames were read, which is how many of <paramref name="frames"/> say where they
    /// are, and the bytes that they are in, valid until the next call.
    /// </returns>
    public async ValueTask<(int Count, ReadOnlyMemory<byte> Bytes)> ReadBatchAsync(
        Memory<Range> frames,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        (SockOutcome outcome, int count, ReadOnlyMemory<byte> bytes) = await TryReadBatchAsync(
                frames,
                timeout,
                interrupt
            )
            .ConfigureAwait(false);
        outcome.ThrowIfLineFailed(bytes.Span, interrupt);
        return (count, bytes);
    }

    /// <summary>Reads frame after frame, to the end of the stream.</summary>
    /// <param name="timeout">For each frame.</param>
    /// <param name="interrupt">Ends it early.</param>
    /// <returns>Frames without their terminators, each valid until the next is asked for.</returns>
    /// <inheritdoc cref="Read(TimeSpan, CancellationToken)" path="/exception"/>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAllAsync(
        TimeSpan timeout,
        [EnumeratorCancellation] CancellationToken interrupt = default
    )
    {
        while (true)
        {
            var reading = TryReadAsync(timeout, interrupt);
            (SockOutcome outcome, ReadOnlyMemory<byte> frame) = await reading.ConfigureAwait(false);
            if (outcome is { Status: SockStatus.Closed, Count: 0 })
            {
                yield break;
            }

            outcome.ThrowIfLineFailed(frame.Span, interrupt);
            yield return frame;
        }
    }

    /// <summary>Consumes the frames that were returned and are not consumed yet.</summary>
    /// <inheritdoc cref="TrySettle(TimeSpan, CancellationToken)"/>
    /// <exception cref="NotSupportedException">The sock cannot be awaited.</exception>
    public ValueTask<SockOutcome> TrySettleAsync(
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        ISockAsync sock = Awaitable;
        Observed? observed = Observed.Begin(sock, Settling);
        return Driver.RunAsync(
            sock,
            observed,
            new SettleJob(this),
            observed ?? (ISockRecv)sock,
            static sock => sock,
            timeout,
            interrupt
        );
    }

    /// <summary>Consumes the frames that were returned, or throws.</summary>
    /// <inheritdoc cref="Settle(TimeSpan, CancellationToken)"/>
    public async ValueTask SettleAsync(TimeSpan timeout, CancellationToken interrupt = default)
    {
        SockOutcome outcome = await TrySettleAsync(timeout, interrupt).ConfigureAwait(false);
        outcome.ThrowIfLineFailed(Partial, interrupt);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(SockOutcome Outcome, ReadOnlyMemory<byte> Frame)> TryReadOneAsync(
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        var reading = ReadAsync(OneFrame, default, timeout, interrupt);
        return OfMemory(OfOne(await reading.ConfigureAwait(false)));
    }

    private ValueTask<SockOutcome> ReadAsync(
        string operation,
        Memory<Range> frames,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        ISockAsync sock = Awaitable;
        Observed? observed = Observed.Begin(sock, operation);
        return Driver.RunAsync(
            sock,
            observed,
            new FrameJob(this, observed ?? (ISockRecv)sock),
            frames,
            static frames => frames.Span,
            timeout,
            interrupt
        );
    }

    private (SockOutcome Outcome, ReadOnlyMemory<byte> Frame) OfMemory(SockOutcome outcome) =>
        (outcome, _held.AsMemory(outcome.IsOk ? _first : _start, outcome.Count));
}
