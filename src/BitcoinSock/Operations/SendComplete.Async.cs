using System.Buffers;
using System.Runtime.CompilerServices;

namespace BitcoinSock;

// SendComplete for those who await: the same jobs, by the other driver.
public static partial class SockOperations
{
    /// <summary>Sends all of it.</summary>
    /// <inheritdoc cref="TrySendComplete{TSock}(TSock, ReadOnlySpan{byte}, TimeSpan,
    /// CancellationToken)"/>
    public static ValueTask<SockOutcome> TrySendCompleteAsync(
        this ISockAsync sock,
        ReadOnlyMemory<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    ) => sock.TrySendCompleteAsync(data, default, timeout, interrupt);

    /// <summary>Sends both, one after the other, without joining them in memory.</summary>
    /// <inheritdoc cref="TrySendComplete{TSock}(TSock, ReadOnlySpan{byte}, ReadOnlySpan{byte},
    /// TimeSpan, CancellationToken)"/>
    public static ValueTask<SockOutcome> TrySendCompleteAsync(
        this ISockAsync sock,
        ReadOnlyMemory<byte> header,
        ReadOnlyMemory<byte> payload,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        int total = TotalLength(header.Span, payload.Span);
        Observed? observed = Observed.Begin(sock, nameof(SendComplete));
        return Driver.RunAsync(
            sock,
            observed,
            new SendJob(observed ?? (ISockSend)sock, total),
            (header, payload),
            static both => new Parts(both.header.Span, both.payload.Span),
            timeout,
            interrupt
        );
    }

    /// <summary>Sends all parts, one after the other, without joining them in memory.</summary>
    /// <inheritdoc cref="TrySendComplete{TSock}(TSock, ReadOnlySequence{byte}, TimeSpan,
    /// CancellationToken)"/>
    public static ValueTask<SockOutcome> TrySendCompleteAsync(
        this ISockAsync sock,
        ReadOnlySequence<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        int total = TotalLength(data);
        Observed? observed = Observed.Begin(sock, nameof(SendComplete));
        return Driver.RunAsync(
            sock,
            observed,
            new SendSequenceJob(observed ?? (ISockSend)sock, total),
            data,
            static data => data,
            timeout,
            interrupt
        );
    }

    /// <summary>Sends a text as UTF-8. Counts are of bytes.</summary>
    /// <inheritdoc cref="TrySendComplete{TSock}(TSock, string, TimeSpan, CancellationToken)"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<SockOutcome> TrySendCompleteAsync(
        this ISockAsync sock,
        string data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        using PooledBuffer bytes = Encode(data);
        return await sock.TrySendCompleteAsync(bytes.WrittenMemory, timeout, interrupt)
            .ConfigureAwait(false);
    }

    /// <summary>Sends all of it, or throws.</summary>
    /// <inheritdoc cref="SendComplete{TSock}(TSock, ReadOnlySpan{byte}, TimeSpan,
    /// CancellationToken)"/>
    public static ValueTask SendCompleteAsync(
        this ISockAsync sock,
        ReadOnlyMemory<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    ) => sock.SendCompleteAsync(data, default, timeout, interrupt);

    /// <summary>Sends both, one after the other, or throws.</summary>
    /// <inheritdoc cref="SendComplete{TSock}(TSock, ReadOnlySpan{byte}, ReadOnlySpan{byte},
    /// TimeSpan, CancellationToken)"/>
    public static ValueTask SendCompleteAsync(
        this ISockAsync sock,
        ReadOnlyMemory<byte> header,
        ReadOnlyMemory<byte> payload,
        TimeSpan timeout,
        CancellationToken interrupt = default
    ) =>
        SentAsync(
            sock.TrySendCompleteAsync(header, payload, timeout, interrupt),
            header.Length + payload.Length,
            interrupt
        );

    /// <summary>Sends all parts, one after the other, or throws.</summary>
    /// <inheritdoc cref="SendComplete{TSock}(TSock, ReadOnlySequence{byte}, TimeSpan,
    /// CancellationToken)"/>
    public static ValueTask SendCompleteAsync(
        this ISockAsync sock,
        ReadOnlySequence<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    ) =>
        SentAsync(
            sock.TrySendCompleteAsync(data, timeout, interrupt),
            TotalLength(data),
            interrupt
        );

    /// <summary>Sends a text as UTF-8, or throws. Counts are of bytes.</summary>
    /// <inheritdoc cref="SendComplete{TSock}(TSock, string, TimeSpan, CancellationToken)"/>
    public static ValueTask SendCompleteAsync(
        this ISockAsync sock,
        string data,
        TimeSpan timeout,
        CancellationToken interrupt = default
    ) =>
        SentAsync(
            sock.TrySendCompleteAsync(data, timeout, interrupt),
            EncodedLength(data),
            interrupt
        );

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask SentAsync(
        ValueTask<SockOutcome> sending,
        int total,
        CancellationToken interrupt
    ) => (await sending.ConfigureAwait(false)).ThrowIfSendFailed(total, interrupt);
}
